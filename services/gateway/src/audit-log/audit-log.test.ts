import { type AuditedService, type AuditLogEntry, auditedServices } from '@kakilima/contracts/audit-log'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeNewest, type Places, readPlaces, writePlaces } from './audit-log.ts'

type Log = Record<AuditedService, AuditLogEntry[]>

const entry = (id: number, second: number): AuditLogEntry => ({
  id,
  actor_id: 7,
  action: 'order.confirm',
  subject_type: 'order',
  subject_id: id,
  before: null,
  after: {},
  request_id: null,
  created_at: new Date(second * 1000).toISOString(),
})

/** What the services answer: each the newest before a place. */
function pageOf(log: Log, limit: number, from: Places): Log {
  const page = (service: AuditedService) =>
    log[service]
      .filter(({ id }) => id < (from[service] ?? Infinity))
      .toReversed()
      .slice(0, limit)
  return Object.fromEntries(auditedServices.map((service) => [service, page(service)])) as Log
}

test('between services the time decides, and each page begins where the last one ended', () => {
  const log: Log = {
    user: [],
    inventory: [entry(1, 10), entry(2, 40)],
    order: [entry(1, 20), entry(5, 30)],
    payment: [],
    webhook: [],
  }
  const first = mergeNewest(pageOf(log, 2, {}), 2)
  expect(first.entries.map(({ service, id }) => `${service} ${id}`)).toEqual(['inventory 2', 'order 5'])
  expect(first.next).toEqual({ user: 1, inventory: 2, order: 2, payment: 1, webhook: 1 })
  const second = mergeNewest(pageOf(log, 2, first.next), 2, first.next)
  expect(second.entries.map(({ service, id }) => `${service} ${id}`)).toEqual(['order 1', 'inventory 1'])
})

const logs = fc.record(
  Object.fromEntries(
    auditedServices.map((service) => [
      service,
      // Times mostly grow with the ids, but not always: entries that are written at once commit in any order.
      fc
        .array(fc.nat(30), { maxLength: 25 })
        .map((seconds) => seconds.map((second, index) => entry(index + 1, second))),
    ]),
  ) as Record<AuditedService, fc.Arbitrary<AuditLogEntry[]>>,
)

test('page by page each entry is read once, and none that is written meanwhile', () => {
  fc.assert(
    fc.property(logs, fc.integer({ min: 1, max: 9 }), (log, limit) => {
      const growing = structuredClone(log)
      const read: string[] = []
      let from: Places = {}
      for (;;) {
        const { entries, next } = mergeNewest(pageOf(growing, limit, from), limit, from)
        read.push(...entries.map(({ service, id }) => `${service} ${id}`))
        if (entries.length < limit) break
        from = readPlaces(writePlaces(next))
        for (const service of auditedServices) growing[service].push(entry(growing[service].length + 1, 99))
      }
      const all = auditedServices.flatMap((service) => log[service].map(({ id }) => `${service} ${id}`))
      expect(read.toSorted()).toEqual(all.toSorted())
    }),
  )
})
