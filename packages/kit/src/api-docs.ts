import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'

/** `/openapi.json`, made from the schemas that validate, and a page to browse it at `/docs`. */
export async function addApiDocs(app: FastifyInstance<any, any, any, any, any>, name: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `Kakilima ${name} service`, version: '0.1.0' },
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
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      title: `Kakilima ${name} service`,
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
}
