import { setTimeout as sleep } from 'node:timers/promises'
import type { Audited, Check, Violation } from './check.ts'
import { eventChecks } from './event-checks.ts'
import { orderChecks } from './order-checks.ts'
import { paymentChecks } from './payment-checks.ts'
import { stockChecks } from './stock-checks.ts'

/** Everything that is checked, in the order in which it is shown. */
const checks: Check[] = [...orderChecks, ...stockChecks, ...paymentChecks, ...eventChecks].toSorted((a, b) =>
  a.invariant.localeCompare(b.invariant),
)

export type Finding = Pick<Check, 'invariant' | 'holds'> & { violations: Violation[] }

const pauseMs = 500

/**
 * Checks the invariants over the databases and the queue as they stand. Databases of a shop at work can't be read at one moment, so something that
 * is on its way from one service to another looks like a fault: what is found is looked for again until `settleMs` have passed, and only
 * what stood there every time is reported.
 */
export async function audit(audited: Audited, settleMs: number): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { invariant, holds, find } of checks) {
    findings.push({ invariant, holds, violations: await find(audited) })
  }
  const until = performance.now() + settleMs
  while (findings.some((finding) => finding.violations.length > 0) && performance.now() < until) {
    await sleep(pauseMs)
    for (const [index, finding] of findings.entries()) {
      if (finding.violations.length === 0) continue
      const again = new Set((await checks[index]!.find(audited)).map(keyOf))
      finding.violations = finding.violations.filter((violation) => again.has(keyOf(violation)))
    }
  }
  return findings
}

function keyOf({ invariant, subject, message }: Violation): string {
  return `${invariant} ${subject} ${message}`
}
