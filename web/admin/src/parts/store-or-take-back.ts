import { tell } from '@kakilima/ui/toasts'
import { i18n } from '../i18n.ts'
import { problemText } from '../problem-text.ts'

/**
 * Stores what the page shows already. Where that fails, `takeBack` shows again what was there before, and why is told. Returns whether it
 * was stored.
 */
export async function storeOrTakeBack(store: () => Promise<unknown>, takeBack: () => void): Promise<boolean> {
  try {
    await store()
    return true
  } catch (error) {
    takeBack()
    tell(i18n.global.t('common.rolledBack', { reason: problemText(error) }))
    return false
  }
}
