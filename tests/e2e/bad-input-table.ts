import { eventSources } from '@kakilima/contracts/events'
import type { ServiceUrls } from '@kakilima/testkit/call'

/** A field that is left out. */
export const missing = Symbol('missing')
export const nobody = 999_999_999
const wrongTypes = [null, [], [1], {}, true]
const noInteger = [...wrongTypes, '1', 'abc', 1.5, -1.5, 1e300, 2 ** 53]

const noRole = [...wrongTypes, 1, '', 'customer', 'owner', 'ADMIN']
const noQuantity = [...noInteger, 0, -1, 1001, 1e9, 2 ** 31, 2 ** 53 + 2, [1], { quantity: 1 }]
const noItems = [
  null,
  {},
  'abc',
  1,
  [],
  [null],
  [1],
  [[]],
  [{}],
  [{ product_id: 1 }],
  [{ quantity: 1 }],
  ...[null, 'abc', '1', 0, -1, 1.5, 2 ** 53, [1], {}].map((product_id) => [{ product_id, quantity: 1 }]),
  ...noQuantity.map((quantity) => [{ product_id: 1, quantity }]),
  Array.from({ length: 101 }, () => ({ product_id: 1, quantity: 1 })),
]

const manyIds = (length: number) => Array.from({ length }, (_, index) => index + 1)

/** Values that a field of a kind must not take. */
export const bad = {
  id: [missing, ...noInteger, 0, -1],
  optionalId: [...noInteger, 0, -1],
  quantity: noQuantity,
  units: [missing, ...noInteger, -1, 1e12],
  price: [missing, ...noInteger, -1, 1_000_000_000_001],
  signed: [missing, ...noInteger, 1e12, -1e12],
  name: [missing, ...wrongTypes, 1, '', '   ', '\t\n', 'x'.repeat(201), 'a\u0000b'],
  text: [[], {}, true, 1, 'x'.repeat(20_000), 'a\u0000b'],
  slug: [...wrongTypes, 1, '', 'Topi', 'topi baru', 'topi/baru', 'tópi', 'x'.repeat(201), 'a\u0000b'],
  position: [...noInteger, -1, 1e9],
  imageIds: [
    missing,
    null,
    {},
    'abc',
    1,
    [null],
    ['1'],
    [0],
    [-1],
    [1.5],
    [2 ** 53],
    [1, 1],
    Array.from({ length: 21 }, (_, n) => n + 1),
  ],
  shopName: [...wrongTypes, 1, '', '   ', 'x'.repeat(61), 'a\u0000b'],
  languages: [null, [], {}, 'id', ['id', 'id'], ['fr'], [1], ['id', 'en', 'fr']],
  timeZone: [...wrongTypes, 1, '', 'Jakarta', 'Asia/Nowhere', '+07:00', 'x'.repeat(101), 'a\u0000b'],
  optionalUnits: [...noInteger, -1, 1e12],
  movementReason: [...wrongTypes, 1, '', 'sale', 'initial', 'stolen'],
  movementNote: [[], {}, true, 1, 'x'.repeat(501), 'a\u0000b'],
  phone: [missing, ...wrongTypes, 1, '', 'abc', '12', '0'.repeat(50), '\u0000081234567890'],
  language: [missing, ...wrongTypes, 1, '', 'fr', 'ID'],
  optionalLanguage: [...wrongTypes, 1, '', 'fr', 'ID'],
  optionalPhone: [...wrongTypes, 1, 'abc', '12', '0'.repeat(50), '\u0000081234567890'],
  email: [
    missing,
    ...wrongTypes,
    1,
    '',
    'abc',
    '@',
    'a@',
    '@b.id',
    'a b@c.id',
    'a@b.id\ncc: c@d.id',
    `${'a'.repeat(250)}@b.id`,
  ],
  role: [missing, ...noRole],
  optionalRole: noRole,
  optionalName: [...wrongTypes, 1, '', '   ', '\t\n', 'x'.repeat(201), 'a\u0000b'],
  optionalNewPassword: [...wrongTypes, 1, '', '1234567', 'x'.repeat(201)],
  newPassword: [missing, ...wrongTypes, 1, '', '1234567', 'x'.repeat(201)],
  password: [missing, ...wrongTypes, 1, 'x'.repeat(1001)],
  weight: [[], {}, true, '1', 1.5, -1, 1e300],
  status: [[], {}, true, 1, '', 'PUBLISHED', 'gone'],
  method: [...wrongTypes, 1, '', 'cash', 'BITCOIN'],
  requiredMethod: [missing, ...wrongTypes, 1, '', 'cash', 'BITCOIN'],
  boolean: [missing, null, [], {}, 1, 0, 'true', ''],
  who: [missing, ...wrongTypes, 1, '', 'admin'],
  reference: [missing, ...wrongTypes, 1, '', '   ', 'x'.repeat(201), 'a\u0000b'],
  items: noItems,
  requiredItems: [missing, ...noItems],
  ids: [missing, null, {}, 'abc', 1, [], [null], ['1'], [0], [-1], [1.5], [2 ** 53], Array(1001).fill(1)],
  seconds: [[], {}, true, '1', 1.5, -1, 31_536_001, 1e300],
  bankAccounts: [
    missing,
    null,
    {},
    'abc',
    1,
    [null],
    [{}],
    [{ bank: 'BCA', number: '123' }],
    [{ bank: '', number: '123', holder: 'Sari' }],
    [{ bank: 'BCA', number: 'abc', holder: 'Sari' }],
    [{ bank: 'BCA', number: 123, holder: 'Sari' }],
    [{ bank: 'BCA', number: '123', holder: 'a\u0000b' }],
    Array.from({ length: 11 }, () => ({ bank: 'BCA', number: '123', holder: 'Sari' })),
  ],
  windows: [null, [1], 'abc', 1, { QRIS: -1 }, { CASH: '1' }, { EWALLET: 1e300 }, { BANK_TRANSFER: [] }],
  noteText: [missing, ...wrongTypes, 1, '', '  \n', 'x'.repeat(2001), 'a\u0000b'],
  orderIds: [missing, null, {}, 'abc', 1, [], [null], ['1'], [0], [-1], [1.5], [2 ** 53], [1, 1], manyIds(101)],
  url: [
    missing,
    ...wrongTypes,
    1,
    '',
    'abc',
    'ftp://a.id/',
    'http://127.1/',
    'http://[::1]/',
    'https://a:b@c.id/',
    'a b',
  ],
  eventTypes: [missing, null, {}, 'abc', 1, [], [null], [1], ['abc'], ['order.confirming'], ['product.*', 'x']],
  optionalBoolean: [null, [], {}, 1, 0, 'true', ''],
  shortText: [...wrongTypes, 1, 'x'.repeat(501), 'a\u0000b'],
  parked: [missing, ...wrongTypes, 1, '', 'waiting', 'delivered'],
  cursor: [missing, ...noInteger, -1],
  missingIds: [missing, null, {}, 'abc', 1, [null], ['1'], [0], [-1], [1.5], [2 ** 53], Array(50_001).fill(1)],
  orders: [
    missing,
    null,
    {},
    'abc',
    1,
    [],
    [null],
    [{}],
    [{ order_id: 1, lines: [] }],
    [{ order_id: 1, lines: [{ product_id: 1, quantity: 0 }] }],
  ],
  outcomes: [
    missing,
    null,
    {},
    'abc',
    [],
    [{}],
    [{ order_id: 1, outcome: 'won', paid_by_payment_id: null }],
    [{ order_id: 0, outcome: 'paid', paid_by_payment_id: 1 }],
  ],
}

export type Field = keyof typeof bad
export type Route = {
  service: keyof ServiceUrls
  method: 'POST' | 'PUT' | 'GET' | 'DELETE'
  /** Who is signed in at the gateway; unless given nobody is. */
  as?: 'customer' | 'admin'
  /** Whether the internal network, too, wants the token of an admin's session. */
  wantsProof?: boolean
  /** `:id` stands for the id of a thing that is there, which no bad request may change. */
  path: string
  /** What the parts of a good body are. */
  fields?: Record<string, Field>
  /** Whether its body is an image, and nothing else. */
  takesImage?: boolean
  /** Whether its body is a CSV file, and nothing else. */
  takesSheet?: boolean
  /** Query parameters and what they must not be. */
  query?: Record<string, string[]>
  /** How large its body may be, where that is not the megabyte of most. */
  largestBytes?: number
  /** Its effect on an unknown id is none, and no failure either: internal routes that take what they know of a list. */
  ignoresUnknown?: boolean
}

const paging = { limit: ['0', '-1', 'abc', '1.5', '1001', '9007199254740993'], after: ['-1', 'abc', '1.5'] }
const idLists = ['abc', '1,', ',1', '0', '-1', '1;2', '1,2,x', '1 2']
const productFields = {
  name: 'name',
  slug: 'slug',
  price: 'price',
  stock: 'units',
  description: 'text',
  sku: 'text',
  category: 'text',
  image: 'text',
  status: 'status',
  weight_grams: 'weight',
} as const

const shopFields = {
  name: 'shopName',
  languages: 'languages',
  time_zone: 'timeZone',
  low_stock_at: 'optionalUnits',
} as const
const stockFields = { quantity: 'signed', reason: 'movementReason', note: 'movementNote' } as const
const categoryFields = { name: 'name', slug: 'slug', position: 'position' } as const

const products = {
  limit: paging.limit,
  after: paging.after,
  search: ['a%00b', 'x'.repeat(201)],
  category: ['%00'],
  category_slug: ['%00'],
  slug: ['%00'],
}
const deskProducts = {
  limit: ['0', '-1', 'abc', '1.5', '501'],
  ids: idLists,
  search: ['a%00b', 'x'.repeat(201)],
  status: ['gone', ''],
  category_slug: ['%00'],
  available_at_most: ['-1', 'abc', '1.5', '1e12'],
  sort: ['gone', '--id', 'id;'],
  cursor: ['', 'abc', '%00', 'x'.repeat(2001), 'WyItaWQiLDEsIngiXQ', 'W10'],
}
const imports = { dry_run: ['maybe', '2'], set_stock: ['maybe', 'null'] }
const exports = { delimiter: ['', 'x', '|', ',,'] }
const movements = {
  limit: paging.limit,
  before: ['0', '-1', 'abc'],
  product_id: ['0', 'abc', '1,2'],
  reason: ['gone', ''],
}
const auditLog = {
  limit: ['0', 'abc', '1001'],
  actor_id: ['0', 'abc'],
  subject: ['product', 'product:0', 'product:1 or 1=1', ':1'],
}

const orderFilters = {
  status: ['gone', 'PAID', '', 'paid,', 'queued', 'paid;expired'],
  search: ['a%00b', 'x'.repeat(201)],
  payment_method: ['cash', ''],
  placed_from: ['yesterday', '2026-13-01T00:00:00Z', '2026-11-22'],
  placed_to: ['yesterday', '2026-11-22T25:00:00Z'],
  user_id: ['0', 'abc'],
}
const paymentWindowFields = { standard_seconds: 'seconds', methods: 'windows' } as const
const sales = {
  days: ['0', '367', 'abc', '1.5'],
  time_zone: ['', 'Asia/Nowhere', 'x'.repeat(65), '%2B07:00', "Asia/Jakarta'"],
}
const deskOrders = {
  ...orderFilters,
  limit: ['0', 'abc', '1001'],
  before: ['0', '-1', 'abc'],
  after: ['-1', 'abc'],
  sort: ['best', ''],
}

const search = ['a%00b', 'x'.repeat(201)]
/** What a list of customers must not be asked with. */
const customers = {
  ...paging,
  before: ['0', '-1', 'abc'],
  sort: ['name', '', 'NEWEST'],
  ids: idLists,
  search,
}

/** The routes by which an admin changes who works in the shop. */
function staff(to: Pick<Route, 'service' | 'as' | 'wantsProof'>, base: string): Route[] {
  const fields = { name: 'name', email: 'email', role: 'role', password: 'optionalNewPassword' } as const
  return [
    { ...to, method: 'POST', path: `${base}/staff`, fields },
    { ...to, method: 'PUT', path: `${base}/staff/:id`, fields: { name: 'optionalName', role: 'optionalRole' } },
    { ...to, method: 'PUT', path: `${base}/staff/:id/ban` },
    { ...to, method: 'DELETE', path: `${base}/staff/:id/ban` },
    { ...to, method: 'POST', path: `${base}/staff/:id/password` },
  ]
}

/** What every service has whose events others read. */
const eventFeeds = eventSources.flatMap((service): Route[] => [
  { service, method: 'PUT', path: '/events/readers/:reader', ignoresUnknown: true },
  { service, method: 'DELETE', path: '/events/readers/:reader', ignoresUnknown: true },
  { service, method: 'POST', path: '/events', fields: { after: 'cursor', missing: 'missingIds' } },
])

const subscriptionFields = {
  url: 'url',
  event_types: 'eventTypes',
  description: 'shortText',
  is_active: 'optionalBoolean',
} as const

/** The routes of the webhook service, which the gateway has as well. */
const webhooks = (base: '' | '/api/v1/webhooks'): Route[] => {
  const to = base === '' ? ({ service: 'webhook' } as const) : ({ service: 'gateway', as: 'admin' } as const)
  return [
    { ...to, method: 'GET', path: `${base}/event-types` },
    { ...to, method: 'GET', path: `${base}/subscriptions` },
    { ...to, method: 'POST', path: `${base}/subscriptions`, fields: subscriptionFields },
    { ...to, method: 'GET', path: `${base}/subscriptions/:id` },
    { ...to, method: 'PUT', path: `${base}/subscriptions/:id`, fields: subscriptionFields },
    { ...to, method: 'DELETE', path: `${base}/subscriptions/:id` },
    { ...to, method: 'POST', path: `${base}/subscriptions/:id/secret` },
    { ...to, method: 'POST', path: `${base}/subscriptions/:id/sync` },
    { ...to, method: 'POST', path: `${base}/subscriptions/:id/resend`, fields: { state: 'parked' } },
    {
      ...to,
      method: 'GET',
      path: `${base}/deliveries`,
      query: {
        limit: paging.limit,
        before: ['0', '-1', 'abc'],
        subscription_id: ['0', 'abc'],
        state: ['gone', ''],
        event_type: ['gone', 'product.*'],
      },
    },
    { ...to, method: 'GET', path: `${base}/deliveries/:id` },
    { ...to, method: 'POST', path: `${base}/deliveries/:id/resend` },
  ]
}

export const routes: Route[] = [
  ...eventFeeds,
  ...webhooks(''),
  ...webhooks('/api/v1/webhooks'),
  {
    service: 'user',
    method: 'POST',
    path: '/users',
    fields: { name: 'name', phone: 'phone', language: 'optionalLanguage' },
  },
  { service: 'user', method: 'GET', path: '/contacts', query: { ids: idLists } },
  { service: 'user', method: 'GET', path: '/users', query: { ...paging, ids: idLists, search } },
  { service: 'user', method: 'GET', path: '/users/:id' },
  {
    service: 'user',
    method: 'POST',
    path: '/accounts',
    fields: {
      name: 'name',
      email: 'email',
      password: 'newPassword',
      phone: 'optionalPhone',
      language: 'optionalLanguage',
    },
  },
  { service: 'user', method: 'GET', path: '/accounts/:id' },
  {
    service: 'user',
    method: 'PUT',
    path: '/accounts/:id/password',
    fields: { current_password: 'password', new_password: 'newPassword' },
  },
  { service: 'user', method: 'PUT', path: '/accounts/:id/language', fields: { language: 'language' } },
  { service: 'user', method: 'POST', path: '/accounts/:id/ban' },
  { service: 'user', method: 'DELETE', path: '/accounts/:id/ban' },
  { service: 'user', method: 'GET', path: '/customers', query: customers },
  { service: 'user', method: 'GET', path: '/customers/:id' },
  { service: 'user', method: 'GET', path: '/staff' },
  ...staff({ service: 'user', wantsProof: true }, ''),
  { service: 'user', method: 'POST', path: '/sessions', fields: { email: 'email', password: 'password' } },
  {
    service: 'user',
    method: 'POST',
    path: '/guests',
    fields: { name: 'name', phone: 'phone', language: 'optionalLanguage' },
  },
  { service: 'user', method: 'POST', path: '/sessions/:id/renewal', ignoresUnknown: true },
  { service: 'user', method: 'DELETE', path: '/sessions/:id', ignoresUnknown: true },
  { service: 'user', method: 'GET', path: '/sessions/ended', query: { after: ['-1', 'abc', '1.5'] } },

  { service: 'inventory', method: 'POST', path: '/products', fields: productFields },
  {
    service: 'inventory',
    method: 'GET',
    path: '/products',
    query: {
      ...paging,
      ids: idLists,
      status: ['gone', ''],
      search: ['a%00b', 'x'.repeat(201)],
      category: ['%00'],
      category_slug: ['%00'],
      slug: ['%00'],
    },
  },
  { service: 'inventory', method: 'GET', path: '/desk/products', query: deskProducts },
  { service: 'inventory', method: 'POST', path: '/products/:id/duplicate' },
  { service: 'inventory', method: 'POST', path: '/products/import', takesSheet: true, query: imports },
  { service: 'inventory', method: 'GET', path: '/products/export', query: exports },
  { service: 'inventory', method: 'GET', path: '/stock-movements', query: movements },
  { service: 'inventory', method: 'GET', path: '/products/deleted', query: paging },
  { service: 'inventory', method: 'GET', path: '/products/:id' },
  { service: 'inventory', method: 'PUT', path: '/products/:id', fields: productFields },
  { service: 'inventory', method: 'DELETE', path: '/products/:id' },
  { service: 'inventory', method: 'PUT', path: '/products/:id/stock', fields: stockFields },
  {
    service: 'inventory',
    method: 'GET',
    path: '/products/:id/check-stock',
    query: { quantity: ['0', '-1', 'abc', '1.5', '1001', '9007199254740993'] },
  },
  { service: 'inventory', method: 'POST', path: '/products/:id/images', takesImage: true },
  { service: 'inventory', method: 'PUT', path: '/products/:id/images', fields: { image_ids: 'imageIds' } },
  { service: 'inventory', method: 'DELETE', path: '/products/:id/images/:image_id' },
  { service: 'inventory', method: 'GET', path: '/shop' },
  { service: 'inventory', method: 'PUT', path: '/shop', fields: shopFields },
  { service: 'inventory', method: 'PUT', path: '/shop/logo', takesImage: true },
  { service: 'inventory', method: 'DELETE', path: '/shop/logo' },
  { service: 'inventory', method: 'GET', path: '/categories' },
  { service: 'inventory', method: 'GET', path: '/categories/:id' },
  { service: 'inventory', method: 'POST', path: '/categories', fields: categoryFields },
  { service: 'inventory', method: 'PUT', path: '/categories/:id', fields: categoryFields },
  { service: 'inventory', method: 'DELETE', path: '/categories/:id' },
  { service: 'inventory', method: 'PUT', path: '/categories/:id/image', takesImage: true },
  { service: 'inventory', method: 'DELETE', path: '/categories/:id/image' },
  {
    service: 'inventory',
    method: 'POST',
    path: '/reservations/decisions',
    fields: { orders: 'orders' },
    largestBytes: 8 * 2 ** 20,
  },
  { service: 'inventory', method: 'POST', path: '/reservations/releases', fields: { order_ids: 'ids' } },
  { service: 'inventory', method: 'POST', path: '/reservations/consumptions', fields: { order_ids: 'ids' } },

  { service: 'order', method: 'POST', path: '/orders', fields: { user_id: 'id', items: 'items' } },
  {
    service: 'order',
    method: 'POST',
    path: '/orders',
    fields: { user_id: 'id', product_id: 'id', quantity: 'quantity' },
  },
  {
    service: 'order',
    method: 'GET',
    path: '/orders',
    query: { ...paging, ids: idLists, status: ['gone', 'PAID'], user_id: ['0', 'abc', '-1'] },
  },
  {
    service: 'order',
    method: 'GET',
    path: '/orders/newest',
    query: { limit: ['0', 'abc', '1001'], before: ['0', '-1', 'abc'], user_id: ['0', 'abc'] },
  },
  { service: 'order', method: 'GET', path: '/orders/changes/position' },
  { service: 'order', method: 'POST', path: '/orders/changes', fields: { after: 'cursor', missing: 'missingIds' } },
  { service: 'order', method: 'GET', path: '/orders/:id' },
  { service: 'order', method: 'GET', path: '/orders/:id/detail' },
  { service: 'order', method: 'GET', path: '/orders/user/:user_id', ignoresUnknown: true },
  { service: 'order', method: 'GET', path: '/orders/unconfirmed/list' },
  { service: 'order', method: 'PUT', path: '/orders/:id/payment', fields: { payment_status: 'boolean' } },
  { service: 'order', method: 'PUT', path: '/orders/:id/confirm' },
  { service: 'order', method: 'POST', path: '/orders/:id/cancellation', fields: { by: 'who' } },
  { service: 'order', method: 'PUT', path: '/orders/:id/payment-method', fields: { payment_method: 'requiredMethod' } },
  {
    service: 'order',
    method: 'POST',
    path: '/orders/:id/payments',
    fields: { payment_id: 'id', payment_method: 'requiredMethod' },
  },
  { service: 'order', method: 'GET', path: '/desk/orders', query: deskOrders },
  { service: 'order', method: 'GET', path: '/desk/orders/:id' },
  { service: 'order', method: 'POST', path: '/orders/confirmations', fields: { order_ids: 'orderIds' } },
  { service: 'order', method: 'GET', path: '/orders/:id/timeline' },
  { service: 'order', method: 'GET', path: '/orders/:id/notes', query: paging },
  { service: 'order', method: 'POST', path: '/orders/:id/notes', fields: { text: 'noteText' } },
  { service: 'order', method: 'GET', path: '/desk/summary' },
  { service: 'order', method: 'GET', path: '/desk/orders/export', query: orderFilters },
  { service: 'order', method: 'GET', path: '/reports/sales', query: sales },
  { service: 'order', method: 'GET', path: '/payment-windows' },
  { service: 'order', method: 'PUT', path: '/payment-windows', fields: paymentWindowFields },
  { service: 'order', method: 'GET', path: '/parked-orders' },
  { service: 'order', method: 'POST', path: '/parked-orders/:id/replay' },
  { service: 'order', method: 'POST', path: '/parked-orders/:id/rejection' },

  { service: 'payment', method: 'GET', path: '/payment-methods' },
  { service: 'payment', method: 'GET', path: '/bank-accounts' },
  { service: 'payment', method: 'PUT', path: '/bank-accounts', fields: { accounts: 'bankAccounts' } },
  { service: 'payment', method: 'POST', path: '/payments', fields: { order_id: 'id', payment_method: 'method' } },
  { service: 'payment', method: 'POST', path: '/payments/confirm', fields: { payment_id: 'id' } },
  {
    service: 'payment',
    method: 'GET',
    path: '/payments',
    query: { ...paging, order_id: ['0', 'abc'], state: ['gone'] },
  },
  { service: 'payment', method: 'GET', path: '/payments/refunds-due' },
  { service: 'payment', method: 'GET', path: '/payments/:id' },
  { service: 'payment', method: 'GET', path: '/payments/order/:order_id', ignoresUnknown: true },
  { service: 'payment', method: 'POST', path: '/payments/:id/receipt', fields: { reference: 'reference' } },
  { service: 'payment', method: 'POST', path: '/payments/:id/refund', fields: { reference: 'reference' } },
  { service: 'payment', method: 'POST', path: '/payments/outcomes', fields: { orders: 'outcomes' } },

  ...(['user', 'inventory', 'order', 'payment', 'webhook'] as const).map((service): Route => ({
    service,
    method: 'GET',
    path: '/audit-log',
    query: { ...auditLog, before: ['0', 'abc'] },
  })),

  {
    service: 'gateway',
    method: 'POST',
    path: '/api/v1/auth/register',
    fields: {
      name: 'name',
      email: 'email',
      password: 'newPassword',
      phone: 'optionalPhone',
      language: 'optionalLanguage',
    },
  },
  {
    service: 'gateway',
    method: 'POST',
    path: '/api/v1/auth/login',
    fields: { email: 'email', password: 'password' },
  },
  {
    service: 'gateway',
    method: 'POST',
    path: '/api/v1/auth/guest',
    fields: { name: 'name', phone: 'phone', language: 'optionalLanguage' },
  },
  { service: 'gateway', as: 'customer', method: 'POST', path: '/api/v1/auth/refresh' },
  { service: 'gateway', as: 'customer', method: 'POST', path: '/api/v1/auth/logout' },
  { service: 'gateway', as: 'customer', method: 'GET', path: '/api/v1/me' },
  {
    service: 'gateway',
    as: 'customer',
    method: 'PUT',
    path: '/api/v1/me/password',
    fields: { current_password: 'password', new_password: 'newPassword' },
  },
  { service: 'gateway', as: 'customer', method: 'PUT', path: '/api/v1/me/language', fields: { language: 'language' } },
  { service: 'gateway', method: 'GET', path: '/api/v1/products', query: products },
  { service: 'gateway', method: 'GET', path: '/api/v1/products/:id' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/desk/products', query: deskProducts },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/desk/products/:id' },
  { service: 'gateway', as: 'admin', method: 'POST', path: '/api/v1/products/:id/duplicate' },
  {
    service: 'gateway',
    as: 'admin',
    method: 'POST',
    path: '/api/v1/products/import',
    takesSheet: true,
    query: imports,
  },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/products/export', query: exports },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/stock-movements', query: movements },
  { service: 'gateway', as: 'admin', method: 'POST', path: '/api/v1/products', fields: productFields },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/products/:id', fields: productFields },
  { service: 'gateway', as: 'admin', method: 'DELETE', path: '/api/v1/products/:id' },
  {
    service: 'gateway',
    as: 'admin',
    method: 'PUT',
    path: '/api/v1/products/:id/stock',
    fields: stockFields,
  },
  { service: 'gateway', as: 'admin', method: 'POST', path: '/api/v1/products/:id/images', takesImage: true },
  {
    service: 'gateway',
    as: 'admin',
    method: 'PUT',
    path: '/api/v1/products/:id/images',
    fields: { image_ids: 'imageIds' },
  },
  { service: 'gateway', as: 'admin', method: 'DELETE', path: '/api/v1/products/:id/images/:image_id' },
  { service: 'gateway', method: 'GET', path: '/api/v1/shop' },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/shop', fields: shopFields },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/shop/logo', takesImage: true },
  { service: 'gateway', as: 'admin', method: 'DELETE', path: '/api/v1/shop/logo' },
  { service: 'gateway', method: 'GET', path: '/api/v1/categories' },
  { service: 'gateway', method: 'GET', path: '/api/v1/categories/:id' },
  { service: 'gateway', as: 'admin', method: 'POST', path: '/api/v1/categories', fields: categoryFields },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/categories/:id', fields: categoryFields },
  { service: 'gateway', as: 'admin', method: 'DELETE', path: '/api/v1/categories/:id' },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/categories/:id/image', takesImage: true },
  { service: 'gateway', as: 'admin', method: 'DELETE', path: '/api/v1/categories/:id/image' },
  { service: 'gateway', as: 'customer', method: 'POST', path: '/api/v1/orders', fields: { items: 'requiredItems' } },
  {
    service: 'gateway',
    as: 'customer',
    method: 'GET',
    path: '/api/v1/orders',
    query: { limit: ['0', 'abc', '1001'], before: ['0', '-1', 'abc'], user_id: ['0', 'abc'] },
  },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/orders', query: deskOrders },
  { service: 'gateway', as: 'customer', method: 'GET', path: '/api/v1/orders/:id' },
  {
    service: 'gateway',
    as: 'customer',
    method: 'POST',
    path: '/api/v1/orders/:id/payments',
    fields: { payment_method: 'method' },
  },
  { service: 'gateway', as: 'customer', method: 'POST', path: '/api/v1/orders/:id/cancellation' },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/orders/:id/confirm' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/orders/:id/timeline' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/orders/:id/notes', query: paging },
  {
    service: 'gateway',
    as: 'admin',
    method: 'POST',
    path: '/api/v1/orders/:id/notes',
    fields: { text: 'noteText' },
  },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/desk/summary' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/orders/export', query: orderFilters },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/reports/sales', query: sales },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/payment-windows' },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/payment-windows', fields: paymentWindowFields },
  { service: 'gateway', method: 'GET', path: '/api/v1/payment-methods' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/bank-accounts' },
  {
    service: 'gateway',
    as: 'admin',
    method: 'PUT',
    path: '/api/v1/bank-accounts',
    fields: { accounts: 'bankAccounts' },
  },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/parked-orders' },
  { service: 'gateway', as: 'admin', method: 'POST', path: '/api/v1/parked-orders/:id/replay' },
  { service: 'gateway', as: 'admin', method: 'POST', path: '/api/v1/parked-orders/:id/rejection' },
  {
    service: 'gateway',
    as: 'admin',
    method: 'POST',
    path: '/api/v1/orders/confirmations',
    fields: { order_ids: 'orderIds' },
  },
  {
    service: 'gateway',
    as: 'admin',
    method: 'GET',
    path: '/api/v1/payments',
    query: { ...paging, order_id: ['0', 'abc'], state: ['gone'] },
  },
  { service: 'gateway', as: 'customer', method: 'POST', path: '/api/v1/payments/:id/confirm' },
  {
    service: 'gateway',
    as: 'admin',
    method: 'POST',
    path: '/api/v1/payments/:id/refund',
    fields: { reference: 'reference' },
  },
  { service: 'gateway', method: 'GET', path: '/api/v1/live' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/customers', query: customers },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/customers/:id' },
  { service: 'gateway', as: 'admin', method: 'PUT', path: '/api/v1/customers/:id/ban' },
  { service: 'gateway', as: 'admin', method: 'DELETE', path: '/api/v1/customers/:id/ban' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/staff' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/audit' },
  { service: 'gateway', as: 'admin', method: 'POST', path: '/api/v1/audit' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/permissions' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/system/health' },
  { service: 'gateway', as: 'admin', method: 'GET', path: '/api/v1/system/queue' },
  ...staff({ service: 'gateway', as: 'admin' }, '/api/v1'),
  {
    service: 'gateway',
    as: 'admin',
    method: 'GET',
    path: '/api/v1/audit-log',
    query: { ...auditLog, before: ['abc', 'user', 'user.-1', 'user.1-shop.1', 'user.1;order.2'] },
  },
]

export const goodValues: Record<Field, unknown> = {
  id: nobody,
  optionalId: nobody,
  quantity: 1,
  units: 1,
  price: 1000,
  signed: 1,
  name: 'Topi',
  slug: 'topi',
  position: 1,
  imageIds: [nobody],
  text: 'topi',
  shopName: 'Warung',
  languages: ['en', 'id'],
  timeZone: 'Asia/Makassar',
  optionalUnits: 3,
  movementReason: 'count',
  movementNote: 'rak 3',
  phone: '081234567891',
  optionalPhone: '081234567891',
  language: 'en',
  optionalLanguage: 'en',
  email: 'nobody@example.com',
  newPassword: 'kata sandi',
  optionalNewPassword: 'kata sandi',
  role: 'viewer',
  optionalRole: 'viewer',
  optionalName: 'Topi',
  password: 'kata sandi',
  weight: 100,
  status: 'draft',
  method: 'CASH',
  requiredMethod: 'CASH',
  boolean: true,
  who: 'customer',
  reference: 'transfer 1',
  items: [{ product_id: nobody, quantity: 1 }],
  requiredItems: [{ product_id: nobody, quantity: 1 }],
  ids: [nobody],
  seconds: 0,
  bankAccounts: [{ bank: 'BCA', number: '123 456', holder: 'Sari' }],
  windows: {},
  noteText: 'calls back tomorrow',
  orderIds: [nobody],
  url: 'https://receiver.invalid/',
  eventTypes: ['payment.expired'],
  optionalBoolean: false,
  shortText: 'for the bookkeeper',
  parked: 'parked',
  cursor: nobody,
  missingIds: [],
  orders: [{ order_id: nobody, lines: [{ product_id: nobody, quantity: 1 }] }],
  outcomes: [{ order_id: nobody, outcome: 'paid', paid_by_payment_id: null }],
}
