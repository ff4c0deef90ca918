import { type StaffRole, staffRoles } from '@kakilima/contracts/staff'
import type { RoutePermission } from '@kakilima/contracts/system'

export type PermissionGroup = { noun: string; routes: (RoutePermission & { roles: readonly StaffRole[] })[] }

/** What roles may do, by the noun of the route. What anybody may do says nothing of roles and is left out. */
export function groupPermissions(permissions: readonly RoutePermission[]): PermissionGroup[] {
  const ofRoles = permissions
    .filter(({ allowed }) => allowed !== 'anyone')
    .map((route) => ({ ...route, roles: staffRoles.filter((role) => isAllowed(route, role)) }))
  return [...Map.groupBy(ofRoles, nounOf)].map(([noun, routes]) => ({ noun, routes }))
}

function nounOf({ path }: RoutePermission): string {
  return path.replace('/api/v1/', '').split('/', 1)[0]!
}

// Whoever is signed in: what is their own, and for staff what is others' where the summary says so.
function isAllowed({ allowed }: RoutePermission, role: StaffRole): boolean {
  return allowed === 'signed in' || (Array.isArray(allowed) && allowed.includes(role))
}
