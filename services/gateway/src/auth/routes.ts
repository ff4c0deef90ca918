import {
  Account,
  AccountInput,
  Credentials,
  GuestInput,
  LanguageChange,
  PasswordChange,
  type SignedIn,
  sessionHours,
} from '@kakilima/contracts/account'
import { MessageReply } from '@kakilima/contracts/lists'
import { Timestamp } from '@kakilima/contracts/text'
import type { Server } from '@kakilima/kit/server'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import type { RateLimits } from '../rate-limits.ts'
import { callerOf, sessionCookie } from './authorize.ts'

const TokenReply = Type.Object({ token: Type.String(), expires_at: Timestamp, user: Account })
const RegisterReply = Type.Object({ message: Type.String(), user: Account })

export function authRoutes(
  app: Server,
  { config, sessions, tokens, ended }: GatewayDeps,
  { byAddress, byAccount, byCaller }: RateLimits,
): void {
  const isSecure = config.NODE_ENV === 'production'

  /** Makes a token of a session: in the answer for other people's clients, in a cookie that no script can read for our own pages. */
  function signIn(reply: FastifyReply, { session, user }: SignedIn) {
    const expiresAt = new Date(session.expires_at)
    const token = tokens.sign({ userId: user.id, sessionId: session.id, role: user.role }, expiresAt)
    reply.setCookie(sessionCookie, token, {
      httpOnly: true,
      sameSite: 'lax',
      secure: isSecure,
      path: '/',
      maxAge: sessionHours * 60 * 60,
    })
    return { token, expires_at: session.expires_at, user }
  }

  function signedOut(reply: FastifyReply, message: string) {
    reply.clearCookie(sessionCookie, { path: '/' })
    return { message }
  }

  app.post(
    '/api/v1/auth/register',
    {
      preHandler: byAddress,
      schema: { summary: 'Make an account', body: AccountInput, response: { 201: RegisterReply } },
    },
    async (request, reply) => {
      const { name, email, password, phone, language } = request.body
      const user = await sessions.register({
        name,
        email,
        password,
        ...(phone !== undefined && { phone }),
        ...(language !== undefined && { language }),
      })
      return reply.code(201).send({ message: 'User registered successfully', user })
    },
  )

  app.post(
    '/api/v1/auth/login',
    {
      preHandler: [byAddress, byAccount],
      schema: { summary: 'Sign in', body: Credentials, response: { 200: TokenReply } },
    },
    async (request, reply) => {
      const { email, password } = request.body
      return signIn(reply, await sessions.signIn({ email, password }))
    },
  )

  app.post(
    '/api/v1/auth/guest',
    {
      preHandler: byAddress,
      schema: { summary: 'Buy without an account', body: GuestInput, response: { 201: TokenReply } },
    },
    async (request, reply) => {
      const { name, phone, language } = request.body
      const guest = await sessions.guest({ name, phone, ...(language !== undefined && { language }) })
      const signedIn = signIn(reply, guest)
      return reply.code(201).send(signedIn)
    },
  )

  app.post(
    '/api/v1/auth/refresh',
    { schema: { summary: 'The same session for another 72 hours', response: { 200: TokenReply } } },
    async (request, reply) => signIn(reply, await sessions.renew(callerOf(request).sessionId)),
  )

  app.post(
    '/api/v1/auth/logout',
    { schema: { summary: 'End this session everywhere', response: { 200: MessageReply } } },
    async (request, reply) => {
      const { sessionId } = callerOf(request)
      await sessions.end(sessionId)
      // Here at once, and in other gateways within seconds.
      ended.add(sessionId)
      return signedOut(reply, 'Signed out')
    },
  )

  app.get('/api/v1/me', { schema: { summary: 'Who am I?', response: { 200: Account } } }, async (request) =>
    sessions.account(callerOf(request).userId),
  )

  app.put(
    '/api/v1/me/language',
    {
      schema: {
        summary: 'In which language the shop writes to whoever is signed in',
        body: LanguageChange,
        response: { 200: Account },
      },
    },
    async (request) => sessions.changeLanguage(callerOf(request).userId, { language: request.body.language }),
  )

  app.put(
    '/api/v1/me/password',
    {
      preHandler: byCaller,
      schema: {
        summary: 'Change the password, which ends all sessions of the account',
        body: PasswordChange,
        response: { 200: MessageReply },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request)
      const { current_password, new_password } = request.body
      await sessions.changePassword(userId, { current_password, new_password })
      ended.add(sessionId)
      return signedOut(reply, 'Password changed successfully: sign in again')
    },
  )
}
