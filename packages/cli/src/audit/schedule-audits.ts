import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Logger } from '@kakilima/kit/logger'
import type { Environment } from '../config.ts'
import type { AuditReply, AuditTask } from './audit-process.ts'

export type AuditSchedule = {
  /** Runs the auditor now, unless it is at work: then what it finds will do. */
  startNow: () => void
  /** Starts none any more, and ends the one that is at work. */
  stop: () => Promise<void>
}

const program = fileURLToPath(new URL('./audit-process.ts', import.meta.url))
const minuteMs = 60_000
/** A shop that just started has better things to do. */
const firstAfterMs = minuteMs
/** Of a shop with millions of orders. What takes longer hangs. */
const longestMs = 60 * minuteMs

/**
 * Runs the auditor again and again, each time in a process of its own: it takes memory that is given back when it ends, and a core that
 * orders may need. Never two at once. With `everyMinutes` 0 only when it is asked for.
 */
export function scheduleAudits(
  task: AuditTask,
  { everyMinutes, env }: { everyMinutes: number; env: Environment },
  logger: Logger,
): AuditSchedule {
  let running: { child: ChildProcess; ended: Promise<void> } | undefined
  let isStopped = false
  let timer: NodeJS.Timeout | undefined

  function next(afterMs: number): void {
    if (everyMinutes === 0) return
    timer = setTimeout(() => {
      startNow()
      next(everyMinutes * minuteMs)
    }, afterMs)
  }

  function startNow(): void {
    if (isStopped || running !== undefined) return
    const child = fork(program, {
      serialization: 'advanced',
      // Few arenas keep less memory. Its databases may be reached only by the settings of the shop.
      env: { ...env, MALLOC_ARENA_MAX: '2' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const ended = attend(child, task).then(
      (reply) => tell(reply, logger),
      (err: unknown) => logger.error({ err }, 'the auditor failed'),
    )
    running = { child, ended: ended.finally(() => (running = undefined)) }
  }

  next(Math.min(firstAfterMs, everyMinutes * minuteMs))
  return {
    startNow,
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      running?.child.kill('SIGKILL')
      await running?.ended
    },
  }
}

/** Gives the process its task and waits for its end. Returns what it answered, or undefined where it was ended before that. */
async function attend(child: ChildProcess, task: AuditTask): Promise<AuditReply | undefined> {
  const limit = setTimeout(() => child.kill('SIGKILL'), longestMs)
  let reply: AuditReply | undefined
  child.on('message', (message: AuditReply | 'ready') => {
    if (message !== 'ready') {
      reply = message
      if (child.connected) child.disconnect()
      return
    }
    // Whether it arrives is seen by what comes back.
    child.send(task, () => undefined)
  })
  try {
    await once(child, 'exit')
    return reply
  } finally {
    clearTimeout(limit)
  }
}

function tell(reply: AuditReply | undefined, logger: Logger): void {
  if (reply === undefined) logger.warn('the auditor was ended before it was done')
  else if ('failure' in reply) logger.error(`the auditor failed: ${reply.failure}`)
  else if (reply.broken.length > 0)
    logger.error({ invariants: reply.broken }, `the auditor found that ${reply.broken.join(', ')} does not hold`)
}
