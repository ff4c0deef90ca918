import {
  Credentials,
  EndedSession,
  EndedSessionsQuery,
  endedSessionsPage,
  GuestInput,
  SignedIn,
} from '@kakilima/contracts/account'
import { IdPath } from '@kakilima/contracts/ids'
import { MessageReply } from '@kakilima/contracts/lists'
import type { Db } from '@kakilima/kit/database'
import { linkNextPage } from '@kakilima/kit/lists'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { UserTables } from '../database.ts'
import type { PasswordHasher } from '../password-hasher.ts'
import { endSession } from './end-session.ts'
import { listEndedSessions } from './list-ended-sessions.ts'
import { renewSession } from './renew-session.ts'
import { signIn } from './sign-in.ts'
import { signInGuest } from './sign-in-guest.ts'

export function sessionRoutes(app: Server, db: Db<UserTables>, hasher: PasswordHasher): void {
  app.post(
    '/sessions',
    { schema: { summary: 'Sign in', body: Credentials, response: { 201: SignedIn } } },
    async (request, reply) => {
      const signedIn = await signIn(db, hasher, request.body)
      return reply.code(201).header('location', `/sessions/${signedIn.session.id}`).send(signedIn)
    },
  )

  app.post(
    '/guests',
    { schema: { summary: 'Sign in without an account', body: GuestInput, response: { 201: SignedIn } } },
    async (request, reply) => {
      const signedIn = await signInGuest(db, request.body)
      return reply.code(201).header('location', `/sessions/${signedIn.session.id}`).send(signedIn)
    },
  )

  app.post(
    '/sessions/:id/renewal',
    { schema: { summary: 'Renew a session for 72 hours', params: IdPath, response: { 200: SignedIn } } },
    async (request) => renewSession(db, request.params.id),
  )

  app.delete(
    '/sessions/:id',
    { schema: { summary: 'Sign out', params: IdPath, response: { 200: MessageReply } } },
    async (request) => {
      await endSession(db, request.params.id)
      return { message: 'Session ended' }
    },
  )

  app.get(
    '/sessions/ended',
    {
      schema: {
        summary: 'The sessions that ended before their time',
        querystring: EndedSessionsQuery,
        response: { 200: Type.Array(EndedSession) },
      },
    },
    async (request, reply) => {
      const ended = await listEndedSessions(db, request.query.after)
      linkNextPage(request, reply, ended.length === endedSessionsPage, ended.at(-1)?.id)
      return ended
    },
  )
}
