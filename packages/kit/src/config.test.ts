import Type from 'typebox'
import { expect, test } from 'vitest'
import {
  ConfigError,
  databaseUrl,
  needsToken,
  readAll,
  readConfig,
  serverFaults,
  serverSettings,
  serviceUrl,
} from './config.ts'

const secret = 'hunter2-hunter2'
const token = 'Vq3xZ8mTn5wLc2Rk7yHd4Gs9Jb6Pf1Ae'

const Settings = Type.Object({
  ...serverSettings(8001),
  USER_DATABASE_URL: databaseUrl('The database.'),
  ORDER_URL: serviceUrl('order', 8003),
})
const database = { USER_DATABASE_URL: 'postgres://kaki:lima@db:5432/user_service' }

function faultsOf(read: () => unknown): string[] {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('what is not set has its default, and an empty variable is not set', () => {
  expect(readConfig(Settings, { ...database, HOST: '', PORT: '', LOG_LEVEL: '', UNRELATED: 'x' })).toEqual({
    ...database,
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: 8001,
    ALLOWED_HOSTS: '',
    LEGACY_OPEN_PORTS: true,
    LOG_LEVEL: 'info',
    DATABASE_POOL_SIZE: 10,
    GATEWAY_URL: 'http://127.0.0.1:8080',
    ORDER_URL: 'http://127.0.0.1:8003',
  })
})

test('text becomes what the schema says', () => {
  const config = readConfig(Settings, { ...database, PORT: '0', LEGACY_OPEN_PORTS: 'false', DATABASE_POOL_SIZE: '50' })
  expect(config).toMatchObject({ PORT: 0, LEGACY_OPEN_PORTS: false, DATABASE_POOL_SIZE: 50 })
})

test('every fault is told at once, each by the name of its variable', () => {
  const faults = faultsOf(() =>
    readConfig(Settings, {
      NODE_ENV: 'prod',
      PORT: '99999',
      SERVICE_TOKEN: 'short',
      LOG_LEVEL: 'loud',
      LEGACY_OPEN_PORTS: 'perhaps',
      ORDER_URL: 'order:8003',
    }),
  )
  const names = faults.map((fault) => fault.split(' ', 1)[0]!)
  expect(names.toSorted()).toEqual([
    'LEGACY_OPEN_PORTS',
    'LOG_LEVEL',
    'NODE_ENV',
    'ORDER_URL',
    'PORT',
    'SERVICE_TOKEN',
    'USER_DATABASE_URL',
  ])
  expect(faults).toContain('NODE_ENV must be one of development, test, production.')
  expect(faults).toContain('USER_DATABASE_URL is missing. The database.')
})

test('faults of the schema and of the rules behind it are told together', () => {
  const faults = faultsOf(() => readConfig(Settings, { NODE_ENV: 'production' }, serverFaults))
  expect(faults).toHaveLength(2)
  expect(faults[0]).toContain('USER_DATABASE_URL is missing')
  expect(faults[1]).toContain('SERVICE_TOKEN is missing, and NODE_ENV is production')
})

test.each(['mysql://root:hunter2-hunter2@db/shop', 'MariaDB://root:hunter2-hunter2@db/shop'])(
  'the address of a MySQL or MariaDB database is refused by name, without its password: %s',
  (url) => {
    const [fault, ...others] = faultsOf(() => readConfig(Settings, { USER_DATABASE_URL: url }))
    expect(others).toEqual([])
    expect(fault).toContain('USER_DATABASE_URL is a MySQL or MariaDB address')
    expect(fault).not.toContain('hunter2')
  },
)

test('no fault repeats what was set, which may be a secret', () => {
  const faults = faultsOf(() =>
    readConfig(Settings, {
      NODE_ENV: secret,
      PORT: secret,
      SERVICE_TOKEN: secret,
      LOG_LEVEL: secret,
      LEGACY_OPEN_PORTS: secret,
      USER_DATABASE_URL: `postgress://kaki:${secret}@db/user`,
      ORDER_URL: `ftp://kaki:${secret}@order`,
    }),
  )
  expect(faults).toHaveLength(7)
  expect(faults.join('\n')).not.toContain(secret)
})

test('several readers tell their faults together, and the same fault once', () => {
  const read = () =>
    readAll({
      one: () => readConfig(Settings, { PORT: 'x' }),
      two: () => readConfig(Settings, { PORT: 'x', LOG_LEVEL: 'loud' }),
    })
  expect(faultsOf(read).map((fault) => fault.split(' ', 1)[0])).toEqual(['USER_DATABASE_URL', 'PORT', 'LOG_LEVEL'])
  expect(readAll({ one: () => 1, two: () => 'b' })).toEqual({ one: 1, two: 'b' })
})

test('an error that is no fault of the configuration is not swallowed', () => {
  const read = () =>
    readAll({
      one: () => {
        throw new TypeError('a bug')
      },
    })
  expect(read).toThrow(TypeError)
})

test.each([
  ['on this machine alone', {}, false],
  ['on another loopback name', { HOST: 'localhost' }, false],
  ['on IPv6 loopback', { HOST: '::1' }, false],
  ['in production', { NODE_ENV: 'production' }, true],
  ['on every address', { HOST: '0.0.0.0' }, true],
  ['on every IPv6 address', { HOST: '::' }, true],
  ['on a private address', { HOST: '192.168.1.5' }, true],
  ['with the doors closed on purpose', { LEGACY_OPEN_PORTS: 'false' }, true],
])('%s: callers must show a token: %s', (_, settings, expected) => {
  const config = readConfig(Settings, { ...database, ...settings })
  expect(needsToken(config)).toBe(expected)
  expect(serverFaults(config)).toHaveLength(expected ? 1 : 0)
  expect(serverFaults({ ...config, SERVICE_TOKEN: token })).toEqual([])
})
