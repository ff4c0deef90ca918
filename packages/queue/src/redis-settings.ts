import type { Redis } from 'ioredis'

type Wanted = { name: string; isSafe: (value: string) => boolean; danger: (value: string) => string }

const wantedSettings: Wanted[] = [
  {
    name: 'appendonly',
    isSafe: (value) => value === 'yes',
    danger: () => 'Redis keeps no append-only file: a crash loses orders that were accepted. Set appendonly yes.',
  },
  {
    name: 'appendfsync',
    isSafe: (value) => value === 'always',
    danger: (value) =>
      `Redis writes to its disk too late (appendfsync ${value}): a power cut loses orders that were accepted. Set appendfsync always.`,
  },
  {
    name: 'maxmemory-policy',
    isSafe: (value) => value === 'noeviction',
    danger: (value) =>
      `Redis may throw away what it holds when its memory is full (maxmemory-policy ${value}), orders too. Set maxmemory-policy noeviction.`,
  },
]

/** What is wrong with the settings of a Redis that shall keep orders, one sentence each. */
export async function weakSettings(redis: Redis): Promise<string[]> {
  let settings: Map<string, string>
  try {
    const names = wantedSettings.map(({ name }) => name)
    const reply = (await redis.call('CONFIG', 'GET', ...names)) as string[]
    settings = new Map(names.map((name) => [name, reply[reply.indexOf(name) + 1]!]))
  } catch (error) {
    // Services that rent Redis out often don't let one see.
    if ((error as Error).name !== 'ReplyError') throw error
    return [
      'Redis does not show its settings: see to it that it runs with appendonly yes, appendfsync always and maxmemory-policy noeviction.',
    ]
  }
  return wantedSettings
    .filter(({ name, isSafe }) => !isSafe(settings.get(name)!))
    .map(({ name, danger }) => danger(settings.get(name)!))
}
