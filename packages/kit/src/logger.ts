import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

// Where PostgreSQL's errors quote the row that they refused.
const rowsInErrors = ['detail', 'where', 'cause.detail', 'cause.where'].map((field) => `err.${field}`)

/**
 * A structured log, one JSON object a line. It never holds personal data: requests are logged by method, route and status, without
 * query, headers or body.
 */
export function createLogger(
  name: string,
  level: string,
  destination: DestinationStream = pino.destination({ fd: 1, sync: false }),
): Logger {
  return pino({ level, base: { service: name }, redact: { paths: rowsInErrors, remove: true } }, destination)
}
