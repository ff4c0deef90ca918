/** Every failure that a caller can meet, with its status and title. The key is the last part of the problem's `type`. */
export const problemTypes = {
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'bad-request': { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'Sign in first' },
  'invalid-credentials': { status: 401, title: 'invalid credentials' },
  'session-ended': { status: 401, title: 'The session has ended: sign in again' },
  forbidden: { status: 403, title: 'Not allowed' },
  'foreign-origin': { status: 403, title: 'Requests from this origin are not allowed' },
  'not-found': { status: 404, title: 'Nothing here' },
  'user-not-found': { status: 404, title: 'User not found' },
  'product-not-found': { status: 404, title: 'Product not found' },
  'category-not-found': { status: 404, title: 'Category not found' },
  'image-not-found': { status: 404, title: 'Image not found' },
  'order-not-found': { status: 404, title: 'Order not found' },
  'payment-not-found': { status: 404, title: 'Payment not found' },
  'subscription-not-found': { status: 404, title: 'Subscription not found' },
  'delivery-not-found': { status: 404, title: 'Delivery not found' },
  'audit-not-found': { status: 404, title: 'The shop was not audited yet' },
  'request-timeout': { status: 408, title: 'The request did not come in whole in time' },
  'email-taken': { status: 409, title: 'This e-mail address has an account already' },
  'own-account': { status: 409, title: 'Nobody does this to the own account' },
  'last-admin': { status: 409, title: 'The shop needs an admin who can sign in' },
  'audit-elsewhere': { status: 409, title: 'This gateway cannot start the auditor' },
  'insufficient-stock': { status: 409, title: 'Not enough stock' },
  'product-in-open-orders': { status: 409, title: 'Open orders hold units of this product' },
  'category-exists': { status: 409, title: 'There is a category of this name already' },
  'slug-taken': { status: 409, title: 'This slug names something else already' },
  'images-changed': { status: 409, title: 'The product has other images by now' },
  'too-many-images': { status: 409, title: 'The product has as many images as it may have' },
  'order-state': { status: 409, title: 'The state of the order forbids this' },
  'order-not-paid': { status: 409, title: 'Order not paid yet' },
  'payment-exists': { status: 409, title: 'The order is paid already' },
  'payment-expired': { status: 409, title: 'Payment expired' },
  'payment-state': { status: 409, title: 'The state of the payment forbids this' },
  'subscription-state': { status: 409, title: 'The state of the subscription forbids this' },
  'delivery-state': { status: 409, title: 'The state of the delivery forbids this' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'unsupported-image-type': { status: 415, title: 'The body must be image/jpeg, image/png or image/webp' },
  'unsupported-sheet-type': { status: 415, title: 'The body must be text/csv' },
  'foreign-host': { status: 421, title: 'This host name is not served here' },
  'invalid-input': { status: 422, title: 'The request does not fit the schema' },
  'unreadable-csv': { status: 422, title: 'This cannot be read as CSV' },
  'unfit-image': { status: 422, title: 'This cannot be used as an image' },
  'idempotency-key-reused': { status: 422, title: 'This idempotency key was used with another body' },
  'upgrade-required': { status: 426, title: 'Only a WebSocket is served here' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers of the request are too large' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  'decision-pending': { status: 503, title: 'The order is accepted and not decided yet' },
  'not-ready': { status: 503, title: 'The service is not ready' },
  'database-unavailable': { status: 503, title: 'The database cannot be reached' },
  'neighbor-unavailable': { status: 503, title: 'A service that is needed cannot be reached' },
  'neighbor-failed': { status: 503, title: 'A service that is needed failed' },
  'shutting-down': { status: 503, title: 'The service is stopping' },
  'live-unavailable': { status: 503, title: 'There are as many live connections as can be served' },
  'queue-unavailable': { status: 503, title: 'Orders cannot be taken right now' },
} as const

export type ProblemType = keyof typeof problemTypes

/** What stands in an `application/problem+json` answer (RFC 9457) beside its own extensions. */
export type ProblemBody = { type: string; title: string; status: number; detail: string; instance?: string }

/** A failure that the caller is told about. Thrown by verbs, turned into an answer in one place (kit's server). */
export class Problem extends Error {
  readonly type: ProblemType
  readonly extensions: Record<string, unknown>
  /** Answer headers that belong to it, such as `Location`. Who may come back is always told when: `Retry-After`. */
  readonly headers: Record<string, string>

  constructor(
    type: ProblemType,
    detail: string,
    extensions: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(detail)
    this.name = 'Problem'
    this.type = type
    this.extensions = extensions
    // Whoever is told to come again is told when.
    this.headers = this.status === 429 || this.status === 503 ? { 'retry-after': '1', ...headers } : headers
  }

  get status(): number {
    return problemTypes[this.type].status
  }
}

/**
 * Makes a problem to throw: `throw problem('order-not-found', 'Order not found')`. `detail` is one English sentence that old clients
 * show to people as it is.
 */
export function problem(
  type: ProblemType,
  detail: string = problemTypes[type].title,
  extensions: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Problem {
  return new Problem(type, detail, extensions, headers)
}

/** Whether a caught value is a problem of one of these types. */
export function isProblem(error: unknown, ...types: ProblemType[]): error is Problem {
  return error instanceof Problem && (types.length === 0 || types.includes(error.type))
}

/** Reads a problem out of an answer's body, or undefined when the body is something else. */
export function parseProblem(body: unknown): Problem | undefined {
  if (typeof body !== 'object' || body === null || !('type' in body) || typeof body.type !== 'string') return undefined
  const type = body.type.replace(/^\/problems\//, '')
  if (!Object.hasOwn(problemTypes, type)) return undefined
  const {
    type: _type,
    title: _title,
    status: _status,
    detail,
    instance: _instance,
    ...extensions
  } = body as unknown as ProblemBody
  return problem(type as ProblemType, detail, extensions)
}
