import swagger, { type SwaggerTransform } from '@fastify/swagger'
import { problemTypes } from '@kakilima/contracts/problems'
import Fastify, { type FastifyInstance } from 'fastify'

const problemReference = '#/components/schemas/Problem'
/** Every failure that a caller is told about (RFC 9457). */
const Problem = {
  type: 'object' as const,
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' as const, examples: ['/problems/not-found'] },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    detail: { type: 'string' as const },
    instance: { type: 'string' as const, description: "the request's id" },
  },
}

/** `/openapi.json`, made from the schemas that validate, and a page to browse it at `/docs`. */
export async function addApiDocs(app: FastifyInstance<any, any, any, any, any>, name: string): Promise<void> {
  const title = `Kakilima ${name} service`
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: '0.1.0' },
      components: {
        schemas: { Problem },
        securitySchemes: {
          service: { type: 'http', scheme: 'bearer' },
          session: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
    },
    hideUntagged: false,
    transform: withProblems,
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())

  let page: Promise<FastifyInstance> | undefined
  for (const path of ['/docs', '/docs/js/scalar.js']) {
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      page ??= buildPage(title)
      const { statusCode, headers, rawPayload } = await (await page).inject(request.url)
      const { location, 'content-type': type } = headers
      if (location !== undefined) return reply.redirect(location, statusCode)
      return reply.code(statusCode).type(type!).send(rawPayload)
    })
  }
}

/** What an endpoint may be refused for, by status. Told here and not in the route's schema, which would make a serializer of each. */
const withProblems: SwaggerTransform = ({ schema, url, route }) => {
  const response: Record<string, unknown> = {}
  const problems = route.config?.endpoint?.problems ?? []
  for (const [status, types] of Object.entries(Object.groupBy(problems, (type) => problemTypes[type].status))) {
    const description = types.map((type) => `\`/problems/${type}\`: ${problemTypes[type].title}`).join('\n\n')
    response[status] = { description, content: { 'application/problem+json': { schema: { $ref: problemReference } } } }
  }
  return problems.length === 0
    ? { schema, url }
    : { schema: { ...schema, response: { ...(schema.response as object), ...response } }, url }
}

/** The page and its script take 20 MB, so they are loaded for the first who looks at them, into an app of their own. */
async function buildPage(title: string): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } })
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      title,
      url: '/openapi.json',
      // Everything from here: no fonts, counters or assistants from elsewhere.
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
      hideClientButton: true,
    },
  })
  return app
}
