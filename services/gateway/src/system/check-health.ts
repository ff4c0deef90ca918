import type { ServiceHealth } from '@kakilima/contracts/system'
import { toProblem } from '@kakilima/kit/problem'

const limitMs = 2000

/** Where a service can be asked whether it can work right now. */
export type Place = { service: string; url: string }

/**
 * Asks all services at once, with two seconds for each. Never throws: a service that is away is a line that says so. `checkOwn` is what
 * this gateway says of itself.
 */
export async function checkHealth(places: Place[], checkOwn: () => Promise<void>): Promise<ServiceHealth[]> {
  return Promise.all([
    ...places.map(({ service, url }) => timed(service, () => ask(url))),
    timed('gateway', () => withinLimit(checkOwn)),
  ])
}

/** `check` returns what is wrong, or undefined where nothing is. */
async function timed(service: string, check: () => Promise<string | undefined>): Promise<ServiceHealth> {
  const begin = performance.now()
  const detail = await check()
  return {
    service,
    is_ready: detail === undefined,
    milliseconds: Math.round(performance.now() - begin),
    detail: detail ?? null,
  }
}

async function ask(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url.replace(/\/$/, '')}/readyz`, {
      signal: AbortSignal.timeout(limitMs),
      redirect: 'error',
    })
    const body = await answer.text()
    return answer.status === 200 ? undefined : (sentenceOf(body) ?? `It answers ${answer.status}`)
  } catch (error) {
    // Whatever it is, that it cannot be asked is the answer.
    return error instanceof Error && error.name === 'TimeoutError' ? tooLate : 'It cannot be reached'
  }
}

async function withinLimit(check: () => Promise<void>): Promise<string | undefined> {
  const limit = Promise.withResolvers<string>()
  const timer = setTimeout(() => limit.resolve(tooLate), limitMs)
  const own = check().then(
    () => undefined,
    (error: unknown) => toProblem(error).message,
  )
  try {
    return await Promise.race([own, limit.promise])
  } finally {
    clearTimeout(timer)
  }
}

const tooLate = `It does not answer within ${limitMs / 1000} s`

/** The sentence of a failure, as all services tell it but the catalog, and as the catalog does. */
function sentenceOf(body: string): string | undefined {
  try {
    const { detail, errors } = JSON.parse(body) as { detail?: unknown; errors?: { message?: unknown }[] }
    const sentence = detail ?? errors?.[0]?.message
    return typeof sentence === 'string' ? sentence.slice(0, 300) : undefined
  } catch (error) {
    // Something else answers there.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}
