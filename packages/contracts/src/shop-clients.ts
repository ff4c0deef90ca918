import Type from 'typebox'
import { AuditLogEntry } from './audit-log.ts'
import type { CatalogProduct } from './catalog.ts'
import { type Call, type PageCall, paymentClient } from './clients.ts'
import { FeedPosition, FeedReply, type FeedRequest, type ReaderName } from './event-feed.ts'
import {
  Category,
  type CategoryChange,
  type CategoryInput,
  Product,
  type ProductChange,
  type ProductInput,
  type StockAdjustment,
  Tombstone,
} from './inventory.ts'
import { MessageReply } from './lists.ts'
import { Payment } from './payment.ts'
import { BankAccounts, PaymentMethodOnOffer } from './payment-methods.ts'
import { MadeUpPassword, NewStaffMember, type StaffChange, type StaffInput, StaffMember } from './staff.ts'
import { LedgerMovement } from './stock-movements.ts'
import { Customer } from './user.ts'
import { type ShopChange, StoredShop } from './shop.ts'
import {
  Delivery,
  DeliveryDetail,
  EventTypeDescription,
  NewSecret,
  NewSubscription,
  ResendReply,
  Subscription,
  type SubscriptionChange,
  type SubscriptionInput,
} from './webhooks.ts'

const CatalogReply = Type.Object({ data: Type.Array(Type.Any()) })

// What the gateway asks of the services for customers and staff. Queries are ready-made: `limit=20&after=3`.

export type ProductClient = ReturnType<typeof productClient>
export function productClient(call: Call) {
  return {
    page: (query: string) =>
      call({ method: 'GET', path: `/products?${query}`, reply: Type.Array(Product), harmless: true }),
    /** Those that were taken out, in pages as above. */
    deleted: (query: string) =>
      call({ method: 'GET', path: `/products/deleted?${query}`, reply: Type.Array(Tombstone), harmless: true }),
    get: (id: number) => call({ method: 'GET', path: `/products/${id}`, reply: Product, harmless: true }),
    create: (body: ProductInput) => call({ method: 'POST', path: '/products', body, reply: Product, harmless: false }),
    change: (id: number, body: ProductChange) =>
      call({ method: 'PUT', path: `/products/${id}`, body, reply: Product, harmless: true }),
    adjustStock: (id: number, body: StockAdjustment) =>
      call({ method: 'PUT', path: `/products/${id}/stock`, body, reply: Product, harmless: false }),
    duplicate: (id: number) =>
      call({ method: 'POST', path: `/products/${id}/duplicate`, reply: Product, harmless: false }),
    /** The ledger, newest first. */
    movements: (query: string) =>
      call({ method: 'GET', path: `/stock-movements?${query}`, reply: Type.Array(LedgerMovement), harmless: true }),
    delete: (id: number) => call({ method: 'DELETE', path: `/products/${id}`, reply: MessageReply, harmless: false }),
    orderImages: (id: number, imageIds: number[]) =>
      call({
        method: 'PUT',
        path: `/products/${id}/images`,
        body: { image_ids: imageIds },
        reply: Product,
        harmless: true,
      }),
    removeImage: (id: number, imageId: number) =>
      call({ method: 'DELETE', path: `/products/${id}/images/${imageId}`, reply: Product, harmless: false }),
  }
}

/** Products of every status, for staff. */
export type DeskProductClient = ReturnType<typeof deskProductClient>
export function deskProductClient(page: PageCall) {
  return { page: (query: string) => page({ path: `/desk/products?${query}`, row: Product }) }
}

export type CategoryClient = ReturnType<typeof categoryClient>
export function categoryClient(call: Call) {
  const of = (id: number) => `/categories/${id}`
  return {
    list: () => call({ method: 'GET', path: '/categories', reply: Type.Array(Category), harmless: true }),
    get: (id: number) => call({ method: 'GET', path: of(id), reply: Category, harmless: true }),
    create: (body: CategoryInput) =>
      call({ method: 'POST', path: '/categories', body, reply: Category, harmless: false }),
    change: (id: number, body: CategoryChange) =>
      call({ method: 'PUT', path: of(id), body, reply: Category, harmless: true }),
    delete: (id: number) => call({ method: 'DELETE', path: of(id), reply: MessageReply, harmless: false }),
    removeImage: (id: number) => call({ method: 'DELETE', path: `${of(id)}/image`, reply: Category, harmless: true }),
  }
}

/** The bytes of an image and what they are said to be. Making its sizes takes longer than other calls do. */
export type SentImage = { body: Uint8Array; contentType: string }

export type ImageClient = ReturnType<typeof imageClient>
export function imageClient(call: Call) {
  return {
    addToProduct: (id: number, image: SentImage) =>
      call({ method: 'POST', path: `/products/${id}/images`, ...image, reply: Product, harmless: false }),
    setOfCategory: (id: number, image: SentImage) =>
      call({ method: 'PUT', path: `/categories/${id}/image`, ...image, reply: Category, harmless: false }),
    setLogo: (image: SentImage) =>
      call({ method: 'PUT', path: '/shop/logo', ...image, reply: StoredShop, harmless: false }),
  }
}

/** What the shop says of itself. */
export type ShopClient = ReturnType<typeof shopClient>
export function shopClient(call: Call) {
  return {
    get: () => call({ method: 'GET', path: '/shop', reply: StoredShop, harmless: true }),
    change: (body: ShopChange) => call({ method: 'PUT', path: '/shop', body, reply: StoredShop, harmless: true }),
    removeLogo: () => call({ method: 'DELETE', path: '/shop/logo', reply: StoredShop, harmless: true }),
  }
}

/** What the gateway's pages ask of the catalog: products on sale. */
export type CatalogClient = ReturnType<typeof catalogClient>
export function catalogClient(call: Call) {
  const items = async <T>(query: Record<string, string>) => {
    const path = `/items/products?${new URLSearchParams(query).toString()}`
    return (await call({ method: 'GET', path, reply: CatalogReply, harmless: true })).data as T[]
  }
  return {
    bySlug: async (slug: string) =>
      (await items<CatalogProduct>({ limit: '1', filter: JSON.stringify({ slug: { _eq: slug } }) }))[0],
    /** What a sitemap tells of the products after an id, in ascending id. */
    addresses: (after: number, limit: number) =>
      items<Pick<CatalogProduct, 'id' | 'slug' | 'updated_at'>>({
        fields: 'id,slug,updated_at',
        sort: 'id',
        limit: String(limit),
        filter: JSON.stringify({ id: { _gt: after } }),
      }),
  }
}

/** What happens in one service. Each call is tried once: whoever follows events asks again anyway. */
export type EventFeedClient = ReturnType<typeof eventFeedClient>
export function eventFeedClient(call: Call) {
  const once = { harmless: true, tries: 1 }
  return {
    /** From where to read on, to learn of every event from now on. With a name, events are kept for that reader from there on. */
    begin: (reader: ReaderName) =>
      call({ method: 'PUT', path: `/events/readers/${reader}`, reply: FeedPosition, ...once }),
    read: (request: FeedRequest) => call({ method: 'POST', path: '/events', body: request, reply: FeedReply, ...once }),
    /** Events need not be kept for this reader any more. */
    leave: (reader: ReaderName) =>
      call({ method: 'DELETE', path: `/events/readers/${reader}`, reply: MessageReply, ...once }),
  }
}

export type PaymentDeskClient = ReturnType<typeof paymentDeskClient>
export function paymentDeskClient(call: Call) {
  const { open, confirm } = paymentClient(call)
  return {
    open,
    confirm,
    methods: () =>
      call({ method: 'GET', path: '/payment-methods', reply: Type.Array(PaymentMethodOnOffer), harmless: true }),
    bankAccounts: () => call({ method: 'GET', path: '/bank-accounts', reply: BankAccounts, harmless: true }),
    setBankAccounts: (body: BankAccounts) =>
      call({ method: 'PUT', path: '/bank-accounts', body, reply: BankAccounts, harmless: true }),
    page: (query: string) =>
      call({ method: 'GET', path: `/payments?${query}`, reply: Type.Array(Payment), harmless: true }),
    get: (id: number) => call({ method: 'GET', path: `/payments/${id}`, reply: Payment, harmless: true }),
    refund: (id: number, reference: string) =>
      call({ method: 'POST', path: `/payments/${id}/refund`, body: { reference }, reply: Payment, harmless: true }),
  }
}

export type CustomerClient = ReturnType<typeof customerClient>
export function customerClient(call: Call) {
  return {
    /** Tried once, since a search may take a while. */
    page: (query: string) =>
      call({ method: 'GET', path: `/customers?${query}`, reply: Type.Array(Customer), harmless: true, tries: 1 }),
    get: (id: number) => call({ method: 'GET', path: `/customers/${id}`, reply: Customer, harmless: true }),
  }
}

/** Who works in the shop. Changes name the token of the admin's session that asks for them. */
export type StaffClient = ReturnType<typeof staffClient>
export function staffClient(call: Call) {
  const ban = (method: 'PUT' | 'DELETE') => (sessionToken: string, id: number) =>
    call({ method, path: `/staff/${id}/ban`, sessionToken, reply: StaffMember, harmless: true })
  return {
    list: () => call({ method: 'GET', path: '/staff', reply: Type.Array(StaffMember), harmless: true }),
    create: (sessionToken: string, body: StaffInput) =>
      call({ method: 'POST', path: '/staff', body, sessionToken, reply: NewStaffMember, harmless: false }),
    change: (sessionToken: string, id: number, body: StaffChange) =>
      call({ method: 'PUT', path: `/staff/${id}`, body, sessionToken, reply: StaffMember, harmless: true }),
    ban: ban('PUT'),
    unban: ban('DELETE'),
    resetPassword: (sessionToken: string, id: number) =>
      call({ method: 'POST', path: `/staff/${id}/password`, sessionToken, reply: MadeUpPassword, harmless: false }),
  }
}

export type AuditLogClient = ReturnType<typeof auditLogClient>
export function auditLogClient(call: Call) {
  return {
    /** Newest first. */
    page: (query: string) =>
      call({ method: 'GET', path: `/audit-log?${query}`, reply: Type.Array(AuditLogEntry), harmless: true }),
  }
}

export type WebhookClient = ReturnType<typeof webhookClient>
export function webhookClient(call: Call) {
  const of = (id: number) => `/subscriptions/${id}`
  return {
    eventTypes: () =>
      call({ method: 'GET', path: '/event-types', reply: Type.Array(EventTypeDescription), harmless: true }),
    list: () => call({ method: 'GET', path: '/subscriptions', reply: Type.Array(Subscription), harmless: true }),
    get: (id: number) => call({ method: 'GET', path: of(id), reply: Subscription, harmless: true }),
    create: (body: SubscriptionInput) =>
      call({ method: 'POST', path: '/subscriptions', body, reply: NewSubscription, harmless: false }),
    change: (id: number, body: SubscriptionChange) =>
      call({ method: 'PUT', path: of(id), body, reply: Subscription, harmless: true }),
    delete: (id: number) => call({ method: 'DELETE', path: of(id), reply: MessageReply, harmless: false }),
    renewSecret: (id: number) => call({ method: 'POST', path: `${of(id)}/secret`, reply: NewSecret, harmless: false }),
    sync: (id: number) => call({ method: 'POST', path: `${of(id)}/sync`, reply: Subscription, harmless: true }),
    resendParked: (id: number) =>
      call({ method: 'POST', path: `${of(id)}/resend`, body: { state: 'parked' }, reply: ResendReply, harmless: true }),
    deliveries: (query: string) =>
      call({ method: 'GET', path: `/deliveries?${query}`, reply: Type.Array(Delivery), harmless: true }),
    delivery: (id: number) => call({ method: 'GET', path: `/deliveries/${id}`, reply: DeliveryDetail, harmless: true }),
    resend: (id: number) => call({ method: 'POST', path: `/deliveries/${id}/resend`, reply: Delivery, harmless: true }),
  }
}
