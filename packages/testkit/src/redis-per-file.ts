import { afterAll } from 'vitest'
import { isRedisInstalled, launchRedis, type RedisServer } from './redis-server.ts'

/** Whether tests over Redis run. Where the program is not installed they are skipped by name, but never on the build server. */
export const canRunRedis = (process.env.CI ?? '') !== '' || isRedisInstalled

export type QueueEngine = {
  engine: 'PostgreSQL' | 'Redis'
  /** Starts what the engine needs beside the order database, for the tests of the calling file. Returns the settings that choose it. */
  startEngine: () => Promise<{ settings: { REDIS_URL?: string }; redis: RedisServer | undefined }>
}

async function startRedisEngine() {
  const redis = await startRedis()
  return { settings: { REDIS_URL: redis.url }, redis }
}

/** Runs a Redis for the tests of the calling file: see `launchRedis`. */
export async function startRedis(settings: Record<string, string> = {}): Promise<RedisServer> {
  const server = await launchRedis(settings)
  afterAll(server.stop)
  return server
}

/** The engines that tests of the queue run over. */
export const queueEngines: QueueEngine[] = [
  { engine: 'PostgreSQL', startEngine: async () => ({ settings: {}, redis: undefined }) },
  ...(canRunRedis ? [{ engine: 'Redis' as const, startEngine: startRedisEngine }] : []),
]
