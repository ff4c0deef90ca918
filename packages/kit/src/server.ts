import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { problem } from '@kakilima/contracts/problems'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import { addApiDocs } from './api-docs.ts'
import { askGateway } from './ask-gateway.ts'
import { createAjv } from './body-validator.ts'
import { needsToken, type ServerSettings } from './config.ts'
import { addDoors, hostRule, originRule } from './doors.ts'
import type { Logger } from './logger.ts'
import { type FailedRequest, type FailureAnswer, notFound, problemAnswer } from './problem.ts'
import { createRefusals } from './refusals.ts'
import { actorHeader, requestIdOf, runInRequest } from './request-context.ts'

export type ServerOptions = {
  /** The service's name: `inventory`. */
  name: string
  config: ServerSettings
  logger: Logger
  /** Whether the service can work right now, asked by `/readyz`: throws when not. */
  checkReady: () => Promise<void>
  /** The origins of pages that may call. Given for a service that is open to the world; the others keep to themselves. */
  publicOrigins?: string[]
  /** Takes nothing from pages but its own API page: for a service of the inside that no old client knows. */
  closedToPages?: boolean
  /** Whether those pages may send cookies along, which they may unless told otherwise. */
  takesCookies?: boolean
  /** Turns a failure into an answer, where that is not a problem of ours in the form of RFC 9457. */
  describeFailure?: (error: unknown, request: FailedRequest) => FailureAnswer
  /** What every answer says beside what its route does, refusals too. Of what a route sets itself, the route's own counts. */
  headersOf?: (url: string) => readonly (readonly [string, string])[]
  /** How long a request may take to come in, with its body. */
  longestRequestMs?: number
  /** The one path on which a connection may become a WebSocket. */
  webSocketPath?: string
  /** Addresses and networks whose header `X-Forwarded-For` says who calls. */
  trustedProxies?: string[]
}

const longestReadyMs = 2000

export type Server = Awaited<ReturnType<typeof buildServer>>

/**
 * A Fastify server with what every service has: one schema language for requests and answers, problem+json for every failure, request
 * ids, the rules of who may call, `/livez`, `/readyz`, `/openapi.json` and `/docs`. Add routes, then listen.
 */
export async function buildServer({
  name,
  config,
  logger,
  checkReady,
  publicOrigins,
  closedToPages = false,
  takesCookies = publicOrigins !== undefined,
  describeFailure = problemAnswer,
  headersOf = () => [],
  longestRequestMs = 30_000,
  webSocketPath,
  trustedProxies = [],
}: ServerOptions) {
  const loggerInstance: FastifyBaseLogger = logger
  let closing: NodeJS.Timeout | undefined
  const isAllowedOrigin = originRule(closedToPages ? [] : publicOrigins)
  const refusals = createRefusals({ describe: describeFailure, headersOf, isAllowedOrigin, takesCookies })
  const app = Fastify({
    loggerInstance,
    // A line a request costs 15% of the speed: it is written at level debug only, below.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    requestTimeout: longestRequestMs,
    connectionTimeout: 0,
    keepAliveTimeout: 10_000,
    requestIdHeader: false,
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // What has reached us is served while it can be: closing waits for it.
    return503OnClosing: false,
    http: {
      headersTimeout: 30_000,
      // A request without it is refused below, and not by a bare 400 of Node's.
      requireHostHeader: false,
      // By the same header some clients offer HTTP/2 with every request, which is answered as if they had not.
      shouldUpgradeCallback: ({ method, url }) =>
        closing === undefined && method === 'GET' && url?.split('?', 1)[0] === webSocketPath,
    },
    frameworkErrors: (error, request, reply) => void refusals.answer(error, request, reply),
    clientErrorHandler: (error, socket) => refusals.answerConnection(error, socket),
  }).withTypeProvider<TypeBoxTypeProvider>()

  const bodies = createAjv(false)
  const texts = createAjv(true)
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? bodies : texts).compile(schema as object))
  app.setErrorHandler(refusals.answer)
  app.setNotFoundHandler((request, reply) => refusals.answer(notFound(request), request, reply))
  // Node would cut the connection off without a word, and refuse with a bare 417 what may as well be ignored.
  app.server.on('connect', (request, socket) => refusals.refuse(request, socket, notFound(request)))
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))

  app.removeContentTypeParser('text/plain')
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Some clients name a content type where they send nothing. Whether a body is needed is for the schema to say.
    if (body.length === 0) done(null, undefined)
    else void parseJson(request, body as string, done)
  })

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    // Other services are believed who asks. From outside nobody may say so: there it stands in the token.
    const actorId = publicOrigins === undefined ? readActorId(request.headers[actorHeader]) : undefined
    runInRequest({ requestId: request.id, actorId }, done)
  })
  if (logger.isLevelEnabled('debug')) {
    app.addHook('onResponse', async (request, reply) => {
      const { method, routeOptions } = request
      request.log.debug(
        { method, route: routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
        'answered',
      )
    })
  }
  app.addHook('onSend', (request, reply, payload, done) => {
    for (const [header, value] of headersOf(request.url)) if (!reply.hasHeader(header)) reply.header(header, value)
    // A client that kept the connection might send its next request just when it ends.
    if (closing !== undefined) reply.header('connection', 'close')
    done(null, payload)
  })
  // Closing waits for requests in progress; connections that they leave open behind them would be waited for as well.
  // Only those are idle from which nothing has arrived, so what has is read before each look.
  app.addHook('preClose', async () => {
    closing = setInterval(() => setImmediate(() => app.server.closeIdleConnections()), 50)
    await nextTurn()
  })
  app.addHook('onClose', async () => clearInterval(closing))
  await addDoors(app, {
    isAllowedHost: hostRule(config.ALLOWED_HOSTS),
    serviceToken: publicOrigins === undefined && needsToken(config) ? config.SERVICE_TOKEN : undefined,
    findAccount: (authorization) => askGateway(config.GATEWAY_URL, authorization),
    isAllowedOrigin,
    takesOwnPages: publicOrigins !== undefined || closedToPages,
    takesCookies,
  })
  await addApiDocs(app, name)

  app.get('/livez', { schema: { hide: true } }, async () => ({ status: 'alive' }))
  app.get('/readyz', { schema: { hide: true } }, async () => {
    if (closing !== undefined) throw problem('shutting-down')
    // Whoever asks wants the truth of now: who hangs is not ready, though it may be by and by.
    if ((await Promise.race([checkReady(), sleep(longestReadyMs, 'late', { ref: false })])) === 'late')
      throw problem('not-ready', `Not ready within ${longestReadyMs / 1000} s`)
    return { status: 'ready' }
  })
  return app
}

function readActorId(given: string | string[] | undefined): number | undefined {
  const id = Number(given)
  return Number.isSafeInteger(id) && id > 0 ? id : undefined
}

/**
 * Starts listening and returns the port (another than asked for only where 0 was asked for). Throws one clear sentence when the port is
 * taken or not allowed.
 */
export async function listen(app: Server, { HOST, PORT }: ServerSettings): Promise<number> {
  try {
    await app.listen({ host: HOST, port: PORT })
  } catch (error) {
    await app.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${PORT} on ${HOST} is taken: stop the program that uses it, or choose another port.`, {
        cause: error,
      })
    if (code === 'EACCES')
      throw new Error(`Port ${PORT} may not be used by this account: choose one above 1023.`, { cause: error })
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new Error(`HOST is ${HOST}, which is no address of this machine.`, { cause: error })
    throw error
  }
  return (app.server.address() as AddressInfo).port
}
