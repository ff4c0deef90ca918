import { inspect } from 'node:util'
import { ConfigError } from '@kakilima/kit/config'
import { isDebugging } from './config.ts'

/** Says in one sentence what went wrong; wrong settings on a line each. The stack is for those who ask with LOG_LEVEL=debug. */
export function reportFailure(error: unknown): void {
  console.error(error instanceof ConfigError ? error.faults.join('\n') : sentenceOf(error))
  if (isDebugging()) console.error(inspect(error))
}

/** The message of an error. One that stands for several, as when no address of a host answers, may have none of its own. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return sentenceOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
