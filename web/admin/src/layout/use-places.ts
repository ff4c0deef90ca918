import { computed } from 'vue'
import { useSession } from '../features/session/session-store.ts'
import { groups, type Place } from './places.ts'

/** The menu as whoever is signed in sees it. */
export function usePlaces() {
  const session = useSession()
  const isFor = (place: Place) =>
    place.for === 'readers' || (place.for === 'staff' && session.mayChange) || session.isAdmin
  return computed(() => groups.map((group) => ({ ...group, places: group.places.filter(isFor) })))
}
