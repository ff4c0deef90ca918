import { tinykeys } from 'tinykeys'
import { onScopeDispose, reactive } from 'vue'

/** Without `run` it is something that the browser does by itself, and stands in the help. */
export type Shortcut = { keys: string; text: () => string; run?: () => void }

/** All that can be pressed on the page as it is shown, for the help. */
export const shortcuts = reactive(new Set<Shortcut>())

/**
 * Shortcuts for as long as the component lives: `{keys: 'g o', …}` is one key after another, `?` one by itself. They rest while
 * somebody types or a dialog is open.
 */
export function useShortcuts(own: Shortcut[]): void {
  const bindings = Object.fromEntries(
    own
      .flatMap(({ keys, run }) => (run === undefined ? [] : [{ keys, run }]))
      .map(({ keys, run }) => [
        keys === '?' ? 'Shift+?' : keys,
        (event: KeyboardEvent) => {
          if (isTyping(event) || document.querySelector('[role=dialog], [role=alertdialog]') !== null) return
          event.preventDefault()
          run()
        },
      ]),
  )
  const stop = tinykeys(window, bindings)
  for (const shortcut of own) shortcuts.add(shortcut)
  onScopeDispose(() => {
    stop()
    for (const shortcut of own) shortcuts.delete(shortcut)
  })
}

function isTyping({ target }: KeyboardEvent): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.getAttribute('type') !== 'checkbox'))
  )
}
