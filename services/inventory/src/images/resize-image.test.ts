import { readdirSync, readFileSync } from 'node:fs'
import { pngOf } from '@kakilima/testkit/png'
import { afterEach, expect, test, vi } from 'vitest'
import { resizeImage } from './resize-image.ts'

const image = pngOf(900, 600)
/** Keeps a process busy for a while. */
const large = pngOf(7000, 7000)
const unfit = { type: 'unfit-image', status: 422 }

/** The process that makes images for this one, if there is one. */
function childPid(): number | undefined {
  const found = readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const isOurs = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/.*\) . /, '')
        .startsWith(`${process.pid} `)
      return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('resize-process')
    } catch {
      // It ended while it was looked at.
      return false
    }
  })
  return found === undefined ? undefined : Number(found)
}

function nicenessOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[16])
}

afterEach(() => {
  vi.useRealTimers()
})

test('images are made in a process of its own, with low priority and none of our settings', async () => {
  const { files, width, height } = await resizeImage(image)
  expect([width, height, files.map((file) => file.width)]).toEqual([900, 600, [160, 320, 640, 900]])
  const pid = childPid()
  expect(pid).toBeDefined()
  expect(nicenessOf(pid!)).toBe(10)
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('PATH=')
  await resizeImage(image)
  expect(childPid()).toBe(pid)
})

test('what is no image is refused by it, and what comes after is made', async () => {
  await expect(resizeImage(Buffer.from('<svg/>'))).rejects.toMatchObject(unfit)
  await expect(resizeImage(image.subarray(0, 100))).rejects.toMatchObject(unfit)
  expect((await resizeImage(image)).files).toHaveLength(4)
})

test('an image that ends two processes is refused, and the next one is made by another', async () => {
  await resizeImage(image)
  const first = childPid()!
  process.kill(first, 'SIGSTOP')
  const doomed = resizeImage(large).catch((error: unknown) => error)
  process.kill(first, 'SIGKILL')
  // Its priority is lowered when it is ready.
  const isAtWork = () => ![undefined, first].includes(childPid()) && nicenessOf(childPid()!) === 10
  await expect.poll(isAtWork, { interval: 1 }).toBe(true)
  process.kill(childPid()!, 'SIGKILL')
  expect(await doomed).toMatchObject({ ...unfit, message: expect.stringContaining('breaks what reads it') })
  expect((await resizeImage(image)).files).toHaveLength(4)
})

test('an image is not to blame for a process that was dead already', async () => {
  for (let round = 0; round < 3; round++) {
    await resizeImage(image)
    process.kill(childPid()!, 'SIGKILL')
    expect((await resizeImage(image)).files).toHaveLength(4)
  }
})

test('an image that takes too long is refused, and does not hold up the next one', async () => {
  await resizeImage(image)
  const pid = childPid()!
  process.kill(pid, 'SIGSTOP')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const doomed = resizeImage(image).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(20_000)
  vi.useRealTimers()
  expect(await doomed).toMatchObject(unfit)
  expect((await resizeImage(image)).files).toHaveLength(4)
  expect(childPid()).not.toBe(pid)
})

test('the process ends when no image comes for a while', async () => {
  await resizeImage(image)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await resizeImage(image)
  expect(childPid()).toBeDefined()
  await vi.advanceTimersByTimeAsync(10_000)
  vi.useRealTimers()
  await expect.poll(childPid).toBeUndefined()
  expect((await resizeImage(image)).files).toHaveLength(4)
})

test('while an image is made a few others wait, and more are told to come again', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => resizeImage(image)))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused.length).toBeGreaterThanOrEqual(3)
  expect(refused.length).toBeLessThanOrEqual(4)
  for (const { reason } of refused)
    expect(reason).toMatchObject({ type: 'too-many-requests', headers: { 'retry-after': '5' } })
  expect((await resizeImage(image)).files).toHaveLength(4)
})
