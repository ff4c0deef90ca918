import Type, { type Static } from 'typebox'
import { Id } from './ids.ts'
import { nullable } from './nullable.ts'
import { Timestamp } from './text.ts'

/** What staff can change. The first word is the type of what is changed, as it stands in `subject_type`. */
export const staffActions = [
  'account.create',
  'account.update',
  'account.reset_password',
  'account.ban',
  'account.unban',
  'product.create',
  'product.update',
  'product.delete',
  'product.adjust_stock',
  'product.add_image',
  'product.order_images',
  'product.remove_image',
  'category.create',
  'category.update',
  'category.delete',
  'category.set_image',
  'shop.update',
  'shop.set_logo',
  'order.choose_payment_method',
  'order.pay',
  'order.confirm',
  'order.cancel',
  'order.replay',
  'order.reject',
  'order.add_note',
  'payment.refund',
  'payment_windows.update',
  'bank_accounts.update',
  'subscription.create',
  'subscription.update',
  'subscription.delete',
  'subscription.renew_secret',
  'subscription.sync',
  'subscription.resend',
  'delivery.resend',
] as const
export type StaffAction = (typeof staffActions)[number]

const ChangedFields = nullable(Type.Record(Type.String(), Type.Unknown()))

/** One change that staff made. `before` and `after` hold the fields that it touched; all of them where the thing is new or gone. */
export const AuditLogEntry = Type.Object({
  id: Id,
  actor_id: nullable(
    Type.Integer({ description: 'who of the staff; null for a call on the internal network and for the command line' }),
  ),
  action: Type.Enum([...staffActions]),
  subject_type: Type.String(),
  subject_id: Id,
  before: ChangedFields,
  after: ChangedFields,
  request_id: nullable(Type.String({ description: 'null where it was no request, but the command line' })),
  created_at: Timestamp,
})
export type AuditLogEntry = Static<typeof AuditLogEntry>

/** Who of the staff did something. */
export const Actor = Type.Object({ id: Id, name: Type.String() })
export type Actor = Static<typeof Actor>

/** The services that keep an audit log, each its own. */
export const auditedServices = ['user', 'inventory', 'order', 'payment', 'webhook'] as const
export type AuditedService = (typeof auditedServices)[number]

/** An entry of any service, as staff read it. */
export const ShopAuditLogEntry = Type.Object({
  service: Type.Enum([...auditedServices]),
  ...AuditLogEntry.properties,
  actor: nullable(Actor),
})
export type ShopAuditLogEntry = Static<typeof ShopAuditLogEntry>

export const auditLogFilters = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  actor_id: Type.Optional(Id),
  subject: Type.Optional(
    Type.String({ pattern: '^[a-z_]{1,50}:[1-9]\\d{0,15}$', description: 'type and id', examples: ['product:5'] }),
  ),
}

/** Newest first. The next page is the one before the last id. */
export const AuditLogQuery = Type.Object({ ...auditLogFilters, before: Type.Optional(Id) })
export type AuditLogQuery = Static<typeof AuditLogQuery>
