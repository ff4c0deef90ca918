import type { RoutePermission } from '@kakilima/contracts/system'
import { permissions } from '../permissions.ts'

/** The permission table as it is, each route with what its page of the API docs calls it. */
export function listPermissions(summaries: ReadonlyMap<string, string>): RoutePermission[] {
  return Object.entries(permissions).map(([route, allowed]) => {
    const [method, path] = route.split(' ') as [string, string]
    return {
      method,
      path,
      summary: summaries.get(route) ?? '',
      allowed: typeof allowed === 'string' ? allowed : [...allowed],
    }
  })
}
