import { IdPath } from '@kakilima/contracts/ids'
import { defaultListLimit } from '@kakilima/contracts/lists'
import { MadeUpPassword, NewStaffMember, StaffChange, StaffInput, StaffMember } from '@kakilima/contracts/staff'
import type { Db } from '@kakilima/kit/database'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import { createAccount } from '../accounts/create-account.ts'
import { generatePassword } from '../accounts/generate-password.ts'
import type { UserTables } from '../database.ts'
import type { PasswordHasher } from '../password-hasher.ts'
import { changeStaffMember } from './change-staff-member.ts'
import { findStaffMember, selectStaff } from './find-staff-member.ts'
import { banStaffMember, unbanStaffMember } from './lock-out.ts'
import { type FindAccount, requireAdmin } from './require-admin.ts'
import { resetPassword } from './reset-password.ts'

export function staffRoutes(app: Server, db: Db<UserTables>, hasher: PasswordHasher, findAccount: FindAccount): void {
  app.get(
    '/staff',
    { schema: { summary: 'Who works in the shop', response: { 200: Type.Array(StaffMember) } } },
    async () => selectStaff(db).orderBy('id').limit(defaultListLimit).execute(),
  )

  app.post(
    '/staff',
    {
      schema: {
        summary: 'Add somebody who works in the shop. A password that was made up is shown here and never again',
        body: StaffInput,
        response: { 201: NewStaffMember },
      },
    },
    async (request, reply) => {
      await requireAdmin(request.headers, findAccount)
      const { name, email, role, password = generatePassword() } = request.body
      const { id } = await createAccount(db, hasher, { name, email, password }, role)
      const account = await findStaffMember(db, id)
      const isMadeUp = request.body.password === undefined
      return reply.code(201).send({ account, password: isMadeUp ? password : null })
    },
  )

  app.put(
    '/staff/:id',
    {
      schema: {
        summary: 'Change the name or the role. Another role ends all sessions of the account',
        params: IdPath,
        body: StaffChange,
        response: { 200: StaffMember },
      },
    },
    async (request) => {
      const actorId = await requireAdmin(request.headers, findAccount)
      return changeStaffMember(db, actorId, request.params.id, request.body)
    },
  )

  app.put(
    '/staff/:id/ban',
    {
      schema: {
        summary: 'Lock out, which ends all sessions of the account',
        params: IdPath,
        response: { 200: StaffMember },
      },
    },
    async (request) => banStaffMember(db, await requireAdmin(request.headers, findAccount), request.params.id),
  )

  app.delete(
    '/staff/:id/ban',
    { schema: { summary: 'Let in again', params: IdPath, response: { 200: StaffMember } } },
    async (request) => unbanStaffMember(db, await requireAdmin(request.headers, findAccount), request.params.id),
  )

  app.post(
    '/staff/:id/password',
    {
      schema: {
        summary: 'Make up a new password, shown here and never again, and end all sessions of the account',
        params: IdPath,
        response: { 200: MadeUpPassword },
      },
    },
    async (request) => {
      const actorId = await requireAdmin(request.headers, findAccount)
      return { password: await resetPassword(db, hasher, actorId, request.params.id) }
    },
  )
}
