import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'

/** `/openapi.json`, made from the schemas that validate, and a page to browse it at `/docs`. */
export async function addApiDocs(app: FastifyInstance<any, any, any, any, any>, name: string): Promise<void> {
  const title = `Kakilima ${name} service`
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: '0.1.0' },
      components: {
        securitySchemes: {
          service: { type: 'http', scheme: 'bearer' },
          session: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
    },
    hideUntagged: false,
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
