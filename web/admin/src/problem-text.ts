import { ProblemError } from '@kakilima/ui/http'
import { i18n } from './i18n.ts'

/** What to tell staff of a failure, and what to do about it. */
export function problemText(error: unknown): string {
  const { global } = i18n
  const key = error instanceof ProblemError ? `problems.${error.type}` : 'problems.other'
  return global.t(global.te(key, 'id') ? key : 'problems.other')
}
