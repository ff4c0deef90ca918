/** A failure in the words of Directus, which the clients of this service look at: `{errors: [{message, extensions: {code}}]}`. */
export class DirectusError extends Error {
  readonly status: number
  readonly extensions: { code: string } & Record<string, unknown>

  constructor(status: number, code: string, message: string, extensions: Record<string, unknown> = {}) {
    super(message)
    this.name = 'DirectusError'
    this.status = status
    this.extensions = { ...extensions, code }
  }
}

export function invalidQuery(reason: string): DirectusError {
  return new DirectusError(400, 'INVALID_QUERY', `Invalid query. ${reason}.`, { reason })
}

export function invalidPayload(reason: string): DirectusError {
  return new DirectusError(400, 'INVALID_PAYLOAD', `Invalid payload. ${reason}.`, { reason })
}

/** Also for what is not there: Directus does not tell apart what one may not see and what does not exist. */
export function forbidden(): DirectusError {
  return new DirectusError(403, 'FORBIDDEN', "You don't have permission to access this.")
}

export function forbiddenField(name: string): DirectusError {
  return forbiddenName(`field "${shorten(name)}" in collection "products"`)
}

export function forbiddenCollection(name: string): DirectusError {
  return forbiddenName(`collection "${shorten(name)}"`)
}

function forbiddenName(what: string): DirectusError {
  const reason = `You don't have permission to access ${what} or it does not exist. Queried in root.`
  return new DirectusError(403, 'FORBIDDEN', reason, { reason })
}

export function invalidCredentials(): DirectusError {
  return new DirectusError(401, 'INVALID_CREDENTIALS', 'Invalid user credentials.')
}

/** What was sent is said back, but never at length. */
export function shorten(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`
}
