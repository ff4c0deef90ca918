import { createLogger, type Logger } from '@kakilima/kit/logger'

/** Environment of a service under test: free port, no log, settings of the test last. */
export function testEnvironment(settings: Record<string, string> = {}): Record<string, string> {
  return { NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'silent', ...settings }
}

export function silentLogger(): Logger {
  return createLogger('test', process.env.TEST_LOG_LEVEL ?? 'silent')
}
