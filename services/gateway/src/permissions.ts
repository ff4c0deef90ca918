import type { Role } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'

/** Who may call a route: anyone, whoever is signed in, or the roles named. */
export type Allowed = 'anyone' | 'signed in' | readonly Role[]

const staff = ['staff', 'admin'] as const
const admins = ['admin'] as const
const readers = ['viewer', 'staff', 'admin'] as const

/**
 * The one table of who may call what. Routes are checked by it and documented from it, and a route that is missing here stops the start.
 * Where `signed in` is said, customers see only what is theirs; what is somebody else's is answered 404.
 */
export const permissions: Record<string, Allowed> = {
  'POST /api/v1/auth/register': 'anyone',
  'POST /api/v1/auth/login': 'anyone',
  'POST /api/v1/auth/guest': 'anyone',
  'POST /api/v1/auth/refresh': 'signed in',
  'POST /api/v1/auth/logout': 'signed in',
  'GET /api/v1/me': 'signed in',
  'PUT /api/v1/me/password': 'signed in',
  'PUT /api/v1/me/language': 'signed in',

  'GET /api/v1/products': 'anyone',
  'GET /api/v1/products/:id': 'anyone',
  'GET /api/v1/desk/products': readers,
  'GET /api/v1/desk/products/:id': readers,
  'POST /api/v1/products': staff,
  'PUT /api/v1/products/:id': staff,
  'DELETE /api/v1/products/:id': staff,
  'PUT /api/v1/products/:id/stock': staff,
  'POST /api/v1/products/:id/duplicate': staff,
  'POST /api/v1/products/import': staff,
  'GET /api/v1/products/export': readers,
  'GET /api/v1/stock-movements': readers,
  'POST /api/v1/products/:id/images': staff,
  'PUT /api/v1/products/:id/images': staff,
  'DELETE /api/v1/products/:id/images/:image_id': staff,

  'GET /api/v1/shop': 'anyone',
  'PUT /api/v1/shop': admins,
  'PUT /api/v1/shop/logo': admins,
  'DELETE /api/v1/shop/logo': admins,

  'GET /api/v1/categories': 'anyone',
  'GET /api/v1/categories/:id': 'anyone',
  'POST /api/v1/categories': staff,
  'PUT /api/v1/categories/:id': staff,
  'DELETE /api/v1/categories/:id': staff,
  'PUT /api/v1/categories/:id/image': staff,
  'DELETE /api/v1/categories/:id/image': staff,

  'POST /api/v1/orders': 'signed in',
  'GET /api/v1/orders': 'signed in',
  'GET /api/v1/orders/:id': 'signed in',
  'POST /api/v1/orders/:id/payments': 'signed in',
  'POST /api/v1/orders/:id/cancellation': 'signed in',
  'PUT /api/v1/orders/:id/confirm': staff,
  'POST /api/v1/orders/confirmations': staff,
  'GET /api/v1/orders/:id/timeline': readers,
  'GET /api/v1/orders/:id/notes': readers,
  'POST /api/v1/orders/:id/notes': staff,
  'GET /api/v1/orders/export': readers,
  'GET /api/v1/desk/summary': readers,
  'GET /api/v1/reports/sales': readers,
  'GET /api/v1/payment-windows': readers,
  'PUT /api/v1/payment-windows': admins,
  'GET /api/v1/parked-orders': readers,
  'POST /api/v1/parked-orders/:id/replay': staff,
  'POST /api/v1/parked-orders/:id/rejection': staff,

  // Who listens says so in the first message.
  'GET /api/v1/live': 'anyone',

  // Chosen before anybody has signed in, and nothing of it is secret.
  'GET /api/v1/payment-methods': 'anyone',
  'GET /api/v1/bank-accounts': readers,
  'PUT /api/v1/bank-accounts': admins,

  'GET /api/v1/payments': readers,
  'POST /api/v1/payments/:id/confirm': 'signed in',
  'POST /api/v1/payments/:id/refund': staff,
  'GET /api/v1/customers': readers,
  'GET /api/v1/customers/:id': readers,
  'PUT /api/v1/customers/:id/ban': staff,
  'DELETE /api/v1/customers/:id/ban': staff,
  'GET /api/v1/staff': readers,
  'POST /api/v1/staff': admins,
  'PUT /api/v1/staff/:id': admins,
  'PUT /api/v1/staff/:id/ban': admins,
  'DELETE /api/v1/staff/:id/ban': admins,
  'POST /api/v1/staff/:id/password': admins,
  'GET /api/v1/audit-log': admins,
  'GET /api/v1/audit': readers,
  'POST /api/v1/audit': admins,
  'GET /api/v1/permissions': readers,
  'GET /api/v1/system/health': readers,
  'GET /api/v1/system/queue': readers,

  // Whoever names a receiver has the events of the shop sent there.
  'GET /api/v1/webhooks/event-types': staff,
  'GET /api/v1/webhooks/subscriptions': staff,
  'POST /api/v1/webhooks/subscriptions': admins,
  'GET /api/v1/webhooks/subscriptions/:id': staff,
  'PUT /api/v1/webhooks/subscriptions/:id': admins,
  'DELETE /api/v1/webhooks/subscriptions/:id': admins,
  'POST /api/v1/webhooks/subscriptions/:id/secret': admins,
  'POST /api/v1/webhooks/subscriptions/:id/sync': admins,
  'POST /api/v1/webhooks/subscriptions/:id/resend': staff,
  'GET /api/v1/webhooks/deliveries': staff,
  'GET /api/v1/webhooks/deliveries/:id': staff,
  'POST /api/v1/webhooks/deliveries/:id/resend': staff,
}

/** Whether a role may see what belongs to others. */
export function isReader(role: Role): boolean {
  return role !== 'customer'
}

export function isStaff(role: Role): boolean {
  return role === 'staff' || role === 'admin'
}

/** Throws `forbidden` unless the caller may change what belongs to `ownerId` and what the caller may see: viewers only look. */
export function requireMayChange(caller: { userId: number; role: Role }, ownerId: number): void {
  if (caller.userId !== ownerId && !isStaff(caller.role)) throw problem('forbidden', 'Viewers may look and not change')
}
