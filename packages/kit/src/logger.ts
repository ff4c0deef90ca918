import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

/**
 * A structured log, one JSON object a line. It never holds personal data: requests are logged by method, route and status, without
 * query, headers or body.
 */
export function createLogger(
  name: string,
  level: string,
  destination: DestinationStream = pino.destination({ fd: 1, sync: false }),
): Logger {
  return pino({ name, level, base: { service: name } }, destination)
}
