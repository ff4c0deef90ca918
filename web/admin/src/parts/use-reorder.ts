import { ref } from 'vue'

/**
 * Puts things in another order by dragging: `v-bind="dragOf(index)"` on each. `move` is told where one was dropped. Who can't drag needs
 * buttons beside.
 */
export function useReorder(move: (from: number, to: number) => void) {
  const dragged = ref<number>()
  const over = ref<number>()

  function end(): void {
    dragged.value = undefined
    over.value = undefined
  }

  const dragOf = (index: number) => ({
    draggable: true,
    onDragstart(event: DragEvent) {
      dragged.value = index
      if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
      // Firefox drags nothing that has no data.
      event.dataTransfer?.setData('text/plain', String(index))
    },
    onDragover(event: DragEvent) {
      if (dragged.value === undefined) return
      event.preventDefault()
      over.value = index
    },
    onDrop(event: DragEvent) {
      if (dragged.value === undefined) return
      event.preventDefault()
      event.stopPropagation()
      if (dragged.value !== index) move(dragged.value, index)
      end()
    },
    onDragend: end,
  })

  return { dragged, over, dragOf }
}

/** The list with the one at `from` put where the one at `to` was. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.toSpliced(from, 1)
  return rest.toSpliced(to, 0, list[from]!)
}
