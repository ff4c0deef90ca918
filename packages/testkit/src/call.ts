import type { ServiceName } from './database-per-file.ts'
import { longestWaitMs } from './patience.ts'

export type Answer = { status: number; headers: Headers; body: any }

/** The addresses of a running shop's services. */
export type ServiceUrls = Record<ServiceName | 'gateway', string>

export type Caller = {
  get: (service: keyof ServiceUrls, path: string, headers?: Record<string, string>) => Promise<Answer>
  post: (service: keyof ServiceUrls, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  put: (service: keyof ServiceUrls, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  delete: (service: keyof ServiceUrls, path: string, headers?: Record<string, string>) => Promise<Answer>
}

/** Calls services the way a client does, over HTTP. A body is sent as JSON, or where it is bytes as a PNG, or as the type that a blob has. An answer of JSON lines is a list. An answer of any status is returned; only a failed connection throws. */
export function callerOf(urls: ServiceUrls): Caller {
  async function send(
    method: string,
    service: keyof ServiceUrls,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const raw = body instanceof Uint8Array ? new Blob([new Uint8Array(body)], { type: 'image/png' }) : body
    const answer = await fetch(urls[service] + path, {
      method,
      headers: {
        ...(raw !== undefined && { 'content-type': raw instanceof Blob ? raw.type : 'application/json' }),
        ...headers,
      },
      ...(raw !== undefined && { body: raw instanceof Blob ? raw : JSON.stringify(raw) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: parse(text, answer.headers.get('content-type')) }
  }
  return {
    get: (service, path, headers) => send('GET', service, path, undefined, headers),
    post: (service, path, body, headers) => send('POST', service, path, body, headers),
    put: (service, path, body, headers) => send('PUT', service, path, body, headers),
    delete: (service, path, headers) => send('DELETE', service, path, undefined, headers),
  }
}

function parse(text: string, type: string | null): unknown {
  if (text === '') return undefined
  if (type?.startsWith('text/csv')) return text
  if (!type?.startsWith('application/x-ndjson')) return JSON.parse(text)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/**
 * Asks again and again until the answer is the one that is waited for. Returns it. Throws with the last answer when it never comes.
 */
export async function waitFor<T>(
  ask: () => Promise<T>,
  isIt: (answer: T) => boolean,
  limitMs = longestWaitMs,
): Promise<T> {
  const until = performance.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (isIt(answer)) return answer
    if (performance.now() > until) throw new Error(`what was waited for never came; last: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
