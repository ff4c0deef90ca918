import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { problem } from '@kakilima/contracts/problems'
import pLimit from 'p-limit'
import type { ImageSizes } from './make-sizes.ts'
import type { ResizeReply } from './resize-process.ts'

const program = fileURLToPath(new URL('./resize-process.ts', import.meta.url))
const longestMs = 20_000
/** How long the process is kept for a next image. */
const idleMs = 10_000
/** Orders go first. */
const lowPriority = 10

// One at a time: a picture keeps a core busy for as long as a thousand orders do.
const atOnce = 1
const mostWaiting = 8
const limit = pLimit(atOnce)

let running: ChildProcess | undefined
let ending: NodeJS.Timeout | undefined

/**
 * Makes the sizes of an image, see `makeSizes`, in a process of its own: it takes memory that is given back when it ends, and an image
 * that breaks the decoder breaks nothing else. Throws `unfit-image`, and `too-many-requests` when many others wait.
 */
export async function resizeImage(bytes: Buffer): Promise<ImageSizes> {
  if (limit.pendingCount >= mostWaiting)
    throw problem('too-many-requests', 'Many images are being prepared: try again in 5 s', {}, { 'retry-after': '5' })
  // A process may have been dead already, of which its next image is not to blame: only of two.
  const reply = await limit(async () => (await ask(bytes)) ?? (await ask(bytes)))
  if (reply === undefined) throw problem('unfit-image', 'The image cannot be read: it breaks what reads it')
  if ('unfit' in reply) throw problem('unfit-image', reply.unfit)
  if ('failure' in reply) throw new Error(`an image could not be made: ${reply.failure}`)
  return reply
}

/** What the process answers, or undefined when it ends instead. */
async function ask(bytes: Buffer): Promise<ResizeReply | undefined> {
  clearTimeout(ending)
  running ??= await startProcess()
  const child = running
  const done = new AbortController()
  let limitTimer: NodeJS.Timeout | undefined
  const tooLate = new Promise<ResizeReply>((resolve) => {
    limitTimer = setTimeout(() => {
      end(child)
      resolve({ unfit: 'The image cannot be read: it takes too long' })
    }, longestMs)
  })
  try {
    // Whether it arrives is seen by what comes back.
    child.send(bytes, () => undefined)
    return await Promise.race([
      once(child, 'message', done).then(([message]) => message as ResizeReply),
      once(child, 'exit', done).then(() => undefined),
      tooLate,
    ])
  } finally {
    clearTimeout(limitTimer)
    done.abort()
    ending = setTimeout(() => end(child), idleMs).unref()
  }
}

async function startProcess(): Promise<ChildProcess> {
  const child = fork(program, {
    serialization: 'advanced',
    // Neither the settings of the service nor its secrets. Few arenas keep less memory for later.
    env: { MALLOC_ARENA_MAX: '2' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  // What goes wrong with it is seen where it is waited for. Without a listener it would end the service.
  child.on('error', () => undefined)
  child.once('exit', () => forget(child))
  // It never keeps the service from ending.
  child.unref()
  child.channel?.unref()
  const done = new AbortController()
  const isReady = await Promise.race([
    once(child, 'message', done).then(() => true),
    once(child, 'exit', done).then(() => false),
  ]).finally(() => done.abort())
  if (!isReady) throw new Error('the process that makes images does not start')
  setPriority(child.pid!, lowPriority)
  return child
}

function end(child: ChildProcess): void {
  forget(child)
  child.kill('SIGKILL')
}

function forget(child: ChildProcess): void {
  if (running === child) running = undefined
}
