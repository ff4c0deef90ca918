import type { LocationQuery } from 'vue-router'

/** Where to go after signing in: back to where one came from, which is always a page of this shop. */
export function pathAfterSignIn({ lalu }: LocationQuery): string {
  return typeof lalu === 'string' && /^\/(?![/\\])/.test(lalu) ? lalu : '/pesanan'
}
