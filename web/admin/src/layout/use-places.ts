import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useSession } from '../features/session/session-store.ts'
import { groups, type Place } from './places.ts'

/** The menu as whoever is signed in sees it. A place is `isHere` also while something in it is looked at: one order of the orders. */
export function usePlaces() {
  const session = useSession()
  const route = useRoute()
  const router = useRouter()
  const isFor = (place: Place) =>
    place.for === 'readers' || (place.for === 'staff' && session.mayChange) || session.isAdmin
  const isHere = ({ name }: Place) => {
    const { path } = router.resolve({ name })
    return route.path === path || (path !== '/' && route.path.startsWith(`${path}/`))
  }
  return computed(() =>
    groups.map((group) => ({
      ...group,
      places: group.places.filter(isFor).map((place) => ({ ...place, isHere: isHere(place) })),
    })),
  )
}
