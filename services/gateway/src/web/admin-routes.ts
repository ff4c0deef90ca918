import { resolve } from 'node:path'
import files from '@fastify/static'
import { problem } from '@kakilima/contracts/problems'
import { notFound } from '@kakilima/kit/problem'
import type { Server } from '@kakilima/kit/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BuiltPages } from './built-pages.ts'
import { escapeHtml } from './page-head.ts'
import { pageHeaders } from './page-headers.ts'

/**
 * Serves the admin panel below `/admin`: its files, and its page at every other address there, since the page knows its addresses. Nothing
 * of the shop is in it: what it shows it asks of the API, as whoever is signed in.
 */
export async function adminRoutes(
  app: Server,
  admin: BuiltPages | undefined,
  siteName: () => string,
  imageOrigins: string[],
): Promise<void> {
  // A picture is shown before it is sent.
  const headers = { ...pageHeaders(['blob:', ...imageOrigins]), 'x-robots-tag': 'noindex' }

  function send(reply: FastifyReply): FastifyReply {
    if (admin === undefined)
      throw problem('not-found', 'The admin panel is not built: run npm run build, then start the gateway again')
    const name = escapeHtml(siteName())
    const head = `<title>${name}</title>\n    <meta property="og:site_name" content="${name}" />`
    return reply.headers(headers).type('text/html; charset=utf-8').send(admin.page(head))
  }

  app.get('/admin', { schema: { hide: true } }, async (_request, reply) => send(reply))
  app.get('/admin/*', { schema: { hide: true } }, async (request: FastifyRequest, reply) => {
    // A file of another build is gone: a page in its place would run as a script.
    if (request.url.startsWith('/admin/assets/')) throw notFound(request)
    return send(reply)
  })

  if (admin !== undefined) {
    const folder = resolve(admin.folder)
    await app.register(async (scope) =>
      scope.register(files, {
        root: folder,
        prefix: '/admin/',
        wildcard: false,
        index: false,
        decorateReply: false,
        globIgnore: ['index.html', 'pages.json', '**/*.{br,gz}'],
        cacheControl: false,
        preCompressed: true,
        schemaHide: true,
        setHeaders: (reply, path) => {
          const isHashed = path.startsWith(resolve(folder, 'assets'))
          reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
        },
      }),
    )
  }
}
