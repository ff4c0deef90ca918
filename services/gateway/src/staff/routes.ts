import { IdPath } from '@kakilima/contracts/ids'
import { MadeUpPassword, NewStaffMember, StaffChange, StaffInput, StaffMember } from '@kakilima/contracts/staff'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { callerOf } from '../auth/authorize.ts'

export function staffRoutes(app: Server, { staff, ended }: GatewayDeps): void {
  app.get(
    '/api/v1/staff',
    { schema: { summary: 'Who works in the shop', response: { 200: Type.Array(StaffMember) } } },
    async () => staff.list(),
  )

  app.post(
    '/api/v1/staff',
    {
      schema: {
        summary: 'Add somebody who works in the shop. A password that was made up is shown here and never again',
        body: StaffInput,
        response: { 201: NewStaffMember },
      },
    },
    async (request, reply) => reply.code(201).send(await staff.create(callerOf(request).token, request.body)),
  )

  app.put(
    '/api/v1/staff/:id',
    {
      schema: {
        summary: 'Change the name or the role of one of them. Another role ends all sessions of the account',
        params: IdPath,
        body: StaffChange,
        response: { 200: StaffMember },
      },
    },
    async (request) => {
      const member = await staff.change(callerOf(request).token, request.params.id, request.body)
      await ended.refresh()
      return member
    },
  )

  app.put(
    '/api/v1/staff/:id/ban',
    {
      schema: {
        summary: 'Lock one of them out, which ends all sessions of the account',
        params: IdPath,
        response: { 200: StaffMember },
      },
    },
    async (request) => {
      const member = await staff.ban(callerOf(request).token, request.params.id)
      await ended.refresh()
      return member
    },
  )

  app.delete(
    '/api/v1/staff/:id/ban',
    { schema: { summary: 'Let one of them in again', params: IdPath, response: { 200: StaffMember } } },
    async (request) => staff.unban(callerOf(request).token, request.params.id),
  )

  app.post(
    '/api/v1/staff/:id/password',
    {
      schema: {
        summary: 'Make up a new password for one of them, shown here and never again, and end all sessions',
        params: IdPath,
        response: { 200: MadeUpPassword },
      },
    },
    async (request) => {
      const reply = await staff.resetPassword(callerOf(request).token, request.params.id)
      await ended.refresh()
      return reply
    },
  )
}
