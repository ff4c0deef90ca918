import type { Static, TObject, TSchema } from 'typebox'
import { invariant } from './invariant.ts'
import type { PageParameter } from './paging.ts'
import type { ProblemType } from './problems.ts'

type Path = `/${string}`
type Parts = 'params' | 'query' | 'body' | 'headers'

type Declaration = {
  /** `/orders/:id/notes`, with a schema in `params` for each name in it. */
  path: Path
  /** One line for whoever browses the API. */
  summary: string
  params?: TObject
  query?: TObject
  body?: TSchema
  headers?: TObject
  /** What is answered, as JSON. Missing where the answer is something else, such as a file. */
  reply?: TSchema
  /** Content types of a body, or of an answer, that is not JSON. */
  consumes?: readonly string[]
  produces?: readonly string[]
  /** 200 unless given. `[201, 200]`: made now, or there already. */
  status?: 200 | 201 | 202 | readonly [201, 200]
  /** Where what was made is found, filled in from the reply: `/orders/:id`. */
  location?: Path
  /** By which parameters of the query the list is paged. Then `reply` is the schema of all rows of a page. */
  page?: PageParameter | readonly PageParameter[]
  /** What it may be refused for beside what any call may be refused for. */
  problems?: readonly ProblemType[]
  /** Answered by the gateway for everybody whom its permissions let: `true` below `/api/v1`, or at this path. */
  public?: true | Path
  /** How long one try of a call inside may take, where that is longer than usual. */
  timeoutMs?: number
  /** How often a call inside is tried in all, where that is less than usual. */
  tries?: number
} & (
  | { method: 'GET'; idempotent?: never }
  /** Whether doing it twice does no more than doing it once: then a call that got no answer is tried again. */
  | { method: 'POST' | 'PUT' | 'DELETE'; idempotent: boolean }
)

/** Whatever can be asked of a service, as it is declared. Its name is that of its entry: the `operationId` in OpenAPI. */
export type Endpoint = Declaration & { name: string }

/** One that pages may ask, too. */
export type PublicEndpoint = Endpoint & { public: true | Path }

type Named<T extends Record<string, Declaration>> = {
  readonly [Name in keyof T]: T[Name] & { readonly name: Name & string }
}

/**
 * Declares what a service answers, once for all who serve, call, publish and describe it:
 *
 *     export const orderEndpoints = endpoints({
 *       addOrderNote: { method: 'POST', path: '/orders/:id/notes', params: IdPath, body: OrderNoteInput, … },
 *     })
 */
export function endpoints<const T extends Record<string, Declaration>>(declared: T): Named<T> {
  const named = Object.entries(declared).map(([name, endpoint]) => {
    const [inPath, inParams] = [namesIn(endpoint.path), Object.keys(endpoint.params?.properties ?? {})]
    invariant(inPath.toSorted().join() === inParams.toSorted().join(), `${name}: path and params name the same things`)
    return [name, Object.freeze({ ...endpoint, name })]
  })
  return Object.freeze(Object.fromEntries(named)) as Named<T>
}

/** The names in a path: `['id']` of `/orders/:id/notes`. */
function namesIn(path: Path): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
}

/** Where the gateway answers it. */
export function publicPathOf({ name, path, public: shown }: Endpoint): Path {
  invariant(shown !== undefined, `${name} is not public`)
  return shown === true ? `/api/v1${path}` : shown
}

type Part<E, Name extends Parts> = E extends { [N in Name]: infer S extends TSchema } ? { [N in Name]: Static<S> } : {}
type Flat<T> = { [Key in keyof T]: T[Key] }

/** What comes in with a request, as far as it is declared: `{ params: { id: number }, body: { text: string } }`. */
export type InputOf<E extends Endpoint> = Flat<
  Part<E, 'params'> & Part<E, 'query'> & Part<E, 'body'> & Part<E, 'headers'>
>

type ReplyOf<E> = E extends { reply: infer S extends TSchema } ? Static<S> : unknown
type StartOf<E> = E extends { page: infer By; query: infer S extends TSchema }
  ? Partial<Pick<Static<S>, keyof Static<S> & (By extends readonly (infer One)[] ? One : By)>>
  : never

/**
 * A page of a list. `next` holds the parameters of the query that ask for the page behind it, where there is one; `total` is how many
 * rows all pages have, where that is counted.
 */
export type Page<Row, Start> = { rows: Row[]; next: Start | undefined; total?: number | undefined }

/**
 * What a verb returns and a call brings: the reply; of a list that is paged, a page; and where it may have been there already, whether
 * it was.
 */
export type AnswerOf<E extends Endpoint> = E extends { page: PageParameter | readonly PageParameter[] }
  ? ReplyOf<E> extends (infer Row)[]
    ? Page<Row, StartOf<E>>
    : never
  : E extends { status: readonly [201, 200] }
    ? { isNew: boolean; reply: ReplyOf<E> }
    : ReplyOf<E>

type OptionalKeys<T> = { [Key in keyof T]-?: {} extends Pick<T, Key> ? Key : never }[keyof T]
type Loose<T> = T extends readonly unknown[]
  ? T
  : { [Key in keyof T]: Key extends OptionalKeys<T> ? T[Key] | undefined : T[Key] }
type LooseParts<T> = { [Name in keyof T]: Loose<T[Name]> }
/** The parts that may be left out as a whole, where all that is in them may be. */
type Spare<T> = {
  [Name in keyof T]: Name extends 'query' | 'headers' ? ({} extends T[Name] ? Name : never) : never
}[keyof T]
type WithSpare<T> = Omit<T, Spare<T>> & Partial<Pick<T, Spare<T>>>

/** What a caller gives. What may be left out may also be undefined. */
export type CallInput<E extends Endpoint> = Flat<WithSpare<LooseParts<InputOf<E>>>>

/** The arguments of a call: nothing where nothing is to be said. */
export type CallArguments<E extends Endpoint> = {} extends CallInput<E> ? [input?: CallInput<E>] : [input: CallInput<E>]

/** A function for each endpoint that answers JSON: what it is given and brings is as the endpoint says. Made by kit's `clientOf`. */
export type ClientOf<T extends Readonly<Record<string, Endpoint>>> = {
  -readonly [Name in keyof T as T[Name] extends { reply: TSchema } ? Name : never]: (
    ...input: CallArguments<T[Name]>
  ) => Promise<AnswerOf<T[Name]>>
}
