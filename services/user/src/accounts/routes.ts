import { Account, AccountInput, PasswordChange } from '@kakilima/contracts/account'
import { IdPath } from '@kakilima/contracts/ids'
import { MessageReply } from '@kakilima/contracts/lists'
import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { Server } from '@kakilima/kit/server'
import type { UserTables } from '../database.ts'
import type { PasswordHasher } from '../password-hasher.ts'
import { accountColumns } from './account.ts'
import { banAccount, requireCustomer, unbanAccount } from './ban-account.ts'
import { changePassword } from './change-password.ts'
import { createAccount } from './create-account.ts'

export function accountRoutes(app: Server, db: Db<UserTables>, hasher: PasswordHasher): void {
  app.post(
    '/accounts',
    { schema: { summary: 'Register', body: AccountInput, response: { 201: Account } } },
    async (request, reply) => {
      const account = await createAccount(db, hasher, request.body)
      return reply.code(201).header('location', `/accounts/${account.id}`).send(account)
    },
  )

  app.get(
    '/accounts/:id',
    { schema: { summary: 'One account', params: IdPath, response: { 200: Account } } },
    async (request) => {
      const { id } = request.params
      const account = await db.selectFrom('users').select(accountColumns).where('id', '=', id).executeTakeFirst()
      if (account === undefined) throw problem('user-not-found', 'User not found')
      return account
    },
  )

  app.put(
    '/accounts/:id/password',
    {
      schema: {
        summary: 'Change the password, which ends all sessions of the account',
        params: IdPath,
        body: PasswordChange,
        response: { 200: MessageReply },
      },
    },
    async (request) => {
      await changePassword(db, hasher, request.params.id, request.body)
      return { message: 'Password changed successfully' }
    },
  )

  app.post(
    '/accounts/:id/ban',
    {
      schema: {
        summary: 'Ban a customer, which ends all sessions of the account',
        params: IdPath,
        response: { 200: Account },
      },
    },
    async (request) => {
      await requireCustomer(db, request.params.id)
      return banAccount(db, request.params.id)
    },
  )

  app.delete(
    '/accounts/:id/ban',
    { schema: { summary: 'Lift the ban of a customer', params: IdPath, response: { 200: Account } } },
    async (request) => {
      await requireCustomer(db, request.params.id)
      return unbanAccount(db, request.params.id)
    },
  )
}
