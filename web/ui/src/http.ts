/** An answer that says what went wrong, or that there was none: then `type` is `offline` or `timeout`. Pages translate it by `type`. */
export class ProblemError extends Error {
  readonly type: string
  readonly status: number
  /** What the problem holds beside its text, such as `shortages`. */
  readonly extensions: Record<string, unknown>
  readonly retryAfterMs: number | undefined

  constructor(
    type: string,
    status: number,
    detail: string,
    extensions: Record<string, unknown> = {},
    retryAfterMs?: number,
  ) {
    super(detail)
    this.name = 'ProblemError'
    this.type = type
    this.status = status
    this.extensions = extensions
    this.retryAfterMs = retryAfterMs
  }
}

export type AskOptions = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as JSON, or as it is where it is a file. */
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
  /** How long to wait for the whole answer. */
  timeoutMs?: number
}

const patienceMs = 15_000
type ClockListener = (serverMs: number, sentMs: number, receivedMs: number) => void
let noteClock: ClockListener = () => undefined

/** Whom to tell of the server's clock with each answer: its `Date`, whole seconds, and when we sent and received by our own. */
export function onServerClock(listener: ClockListener): void {
  noteClock = listener
}

const answerListeners = new Set<(isThere: boolean) => void>()

/** Tells after each question whether the shop answered at all. Returns how to stop listening. */
export function onAnswer(listener: (isThere: boolean) => void): () => void {
  answerListeners.add(listener)
  return () => answerListeners.delete(listener)
}

function tellAnswer(isThere: boolean): void {
  for (const listener of answerListeners) listener(isThere)
}

/** Asks the shop and returns its JSON. Throws `ProblemError` for every failure, also when no answer comes. */
export async function ask<T>(path: string, options?: AskOptions): Promise<T> {
  return (await exchange(path, options)).found as T
}

/** A page of a list, the address of the next one while there is more, and how many there are in all where the answer says so. */
export type ListPage<T> = { rows: T[]; next: string | undefined; total: number | undefined }

/** Asks for a page of a list: as `ask`, with what the answer says of the pages behind. */
export async function askPage<T>(path: string, options?: AskOptions): Promise<ListPage<T>> {
  const { found, headers } = await exchange(path, options)
  const next = /<([^>]+)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1]
  const total = headers.get('x-total-count')
  return { rows: found as T[], next, total: total === null ? undefined : Number(total) }
}

/** Asks the shop and returns its JSON with the status and the headers of the answer. Throws as `ask` does. */
export async function exchange(
  path: string,
  { method = 'GET', body, headers, signal, timeoutMs = patienceMs }: AskOptions = {},
): Promise<{ found: unknown; status: number; headers: Headers }> {
  const limit = AbortSignal.timeout(timeoutMs)
  const sentMs = Date.now()
  const isFile = body instanceof Blob
  let answer: Response
  let text: string
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: { ...(body !== undefined && { 'content-type': isFile ? body.type : 'application/json' }), ...headers },
      ...(body !== undefined && { body: isFile ? body : JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
    text = await answer.text()
  } catch (error) {
    if (signal?.aborted) throw error
    tellAnswer(false)
    throw limit.aborted
      ? new ProblemError('timeout', 0, 'The shop did not answer in time')
      : new ProblemError('offline', 0, 'The shop cannot be reached')
  }
  tellAnswer(true)
  const date = Date.parse(answer.headers.get('date') ?? '')
  if (!Number.isNaN(date)) noteClock(date, sentMs, Date.now())
  const found = readJson(text)
  if (answer.ok) return { found, status: answer.status, headers: answer.headers }
  throw problemOf(answer, found)
}

function readJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    // A proxy on the way answers with a page. The status says the rest.
    return undefined
  }
}

type ProblemAnswer = {
  type?: string
  detail?: string
  errors?: { message?: string; extensions?: { code?: string } }[]
}

function problemOf({ status, headers }: Response, found: unknown): ProblemError {
  const { type, detail, errors, ...extensions } = (found ?? {}) as ProblemAnswer & Record<string, unknown>
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined
  // The catalog answers in the shape of Directus.
  const code = errors?.[0]?.extensions?.code
  const name =
    typeof type === 'string' ? type.replace('/problems/', '') : (code?.toLowerCase().replaceAll('_', '-') ?? 'unknown')
  return new ProblemError(
    name,
    status,
    detail ?? errors?.[0]?.message ?? `The shop answered ${status}`,
    { ...extensions, errors },
    retryAfterMs,
  )
}
