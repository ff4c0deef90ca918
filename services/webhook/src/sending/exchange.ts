import { type Dispatcher, request } from 'undici'
import type { SentRequest } from '../database.ts'

export type Answer = { status: number; headers: Record<string, string | string[] | undefined>; text: string }

/**
 * Sends one request and reads its answer up to `mostBytes`; what is longer is cut off. Redirects are answers like others and are not
 * followed. Throws what breaks the connection, and the signal's reason.
 */
export async function exchange(
  agent: Dispatcher,
  { method, url, headers, body }: SentRequest,
  mostBytes: number,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = await request(url, {
    method,
    headers,
    body,
    dispatcher: agent,
    signal,
  })
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    parts.push(part)
    bytes += part.length
    // Leaving the loop closes the connection, so that an endless answer ends here.
    if (bytes >= mostBytes) break
  }
  // What is no UTF-8 is shown as such; a NUL cannot be stored.
  const text = Buffer.concat(parts).subarray(0, mostBytes).toString('utf8').replaceAll('\0', '\uFFFD')
  return { status: answer.statusCode, headers: answer.headers, text }
}

/** What went wrong where no answer came, in one sentence for staff. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // A name with several addresses fails with one error for each.
  const inner = error instanceof AggregateError ? error.errors.map(sentenceOf).join('; ') : error.message
  const { code } = error as NodeJS.ErrnoException
  return (inner || code || error.name).slice(0, 500)
}
