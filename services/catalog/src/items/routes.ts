import { problem } from '@kakilima/contracts/problems'
import type { Db } from '@kakilima/kit/database'
import type { Server } from '@kakilima/kit/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CatalogTables } from '../database.ts'
import { forbidden, forbiddenCollection } from './directus-error.ts'
import type { FindVisibility } from './find-visibility.ts'
import { ItemAnswer, ItemListAnswer, ItemParameters, ListParameters } from './item-schemas.ts'
import { isUnchanged, type KeptAnswers, toAnswer } from './kept-answers.ts'
import { parseItemsQuery, readParameters } from './query.ts'
import { queryLimits } from './query-limits.ts'
import { type Question, readItems } from './read-items.ts'
import { parseSearchBody } from './search-body.ts'

export type ItemDeps = {
  db: Db<CatalogTables>
  kept: KeptAnswers
  findVisibility: FindVisibility
  /** The most items that one answer may hold. */
  maxItems: number
}

// What Directus asks for is more than a schema of ours can say, and its answers to what does not fit are its own.
const readByHand = { validatorCompiler: () => (value: unknown) => ({ value }) }

export function itemRoutes(app: Server, { db, kept, findVisibility, maxItems }: ItemDeps): void {
  const queryOf = (request: FastifyRequest) => parseItemsQuery(readParameters(request.raw.url!), maxItems)

  /** Answers a question: from what is kept where everybody may see it. */
  async function answer(request: FastifyRequest, reply: FastifyReply, question: Question): Promise<void> {
    const visibility = await findVisibility(request.headers.authorization)
    const load = () => readItems(db, visibility, question)
    const key = JSON.stringify(question)
    const { body, etag } = visibility === 'public' ? await kept.answer(key, load) : toAnswer(await load())
    if (visibility === 'public' && request.method === 'GET') kept.noteUrl(request.raw.url!, key)
    reply.header('cache-control', 'no-cache').header('etag', etag)
    if (isUnchanged(request.headers['if-none-match'], etag)) await reply.code(304).send()
    else await reply.header('content-type', 'application/json; charset=utf-8').send(body)
  }

  app.get(
    '/items/products',
    {
      ...readByHand,
      schema: { summary: 'Find products', querystring: ListParameters, response: { 200: ItemListAnswer } },
    },
    (request, reply) => answer(request, reply, { id: undefined, query: queryOf(request) }),
  )

  app.get<{ Params: { id: string } }>(
    '/items/products/:id',
    {
      ...readByHand,
      schema: { summary: 'One product', querystring: ItemParameters, response: { 200: ItemAnswer } },
    },
    (request, reply) => answer(request, reply, { id: readId(request.params.id), query: queryOf(request) }),
  )

  app.addHttpMethod('SEARCH', { hasBody: true })
  app.route({
    method: 'SEARCH',
    url: '/items/products',
    bodyLimit: queryLimits.bodyBytes,
    // A method that OpenAPI has no word for.
    schema: { hide: true },
    onRequest: async ({ headers: { 'content-encoding': encoding } }) => {
      if (encoding !== undefined && encoding !== 'identity')
        throw problem('unsupported-media-type', 'The body must not be compressed')
    },
    handler: (request, reply) => {
      const parameters = parseSearchBody(request.body) ?? readParameters(request.raw.url!)
      return answer(request, reply, { id: undefined, query: parseItemsQuery(parameters, maxItems) })
    },
  })

  const hidden = { schema: { hide: true } }
  // Refused before a body is read: products are changed in the inventory service, which is the one source.
  const refuse = async (request: FastifyRequest<{ Params: { collection?: string } }>) => {
    const { collection = 'products' } = request.params
    throw collection === 'products' || collection.startsWith('directus_')
      ? forbidden()
      : forbiddenCollection(collection)
  }
  const never = async () => undefined
  for (const path of ['/items/products', '/items/products/:id', '/items/:collection', '/items/:collection/:id']) {
    const isOther = path.includes(':collection')
    const method = isOther ? ['GET', 'SEARCH', 'POST', 'PATCH', 'DELETE'] : ['POST', 'PATCH', 'DELETE']
    app.route<{ Params: { collection?: string } }>({ method, url: path, ...hidden, onRequest: refuse, handler: never })
  }
}

/** Directus does not tell apart an id that nothing has and what is no id at all. */
function readId(given: string): number {
  if (!/^\d{1,15}$/.test(given)) throw forbidden()
  return Number(given)
}
