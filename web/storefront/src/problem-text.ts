import { ProblemError } from '@kakilima/ui/http'
import { i18n } from './i18n/i18n.ts'

/** What to tell a customer of a failure, and what to do about it. */
export function problemText(error: unknown): string {
  const { global } = i18n
  const key = error instanceof ProblemError ? `problem.${error.type}` : 'problem.other'
  return global.t(global.te(key, 'id') ? key : 'problem.other')
}
