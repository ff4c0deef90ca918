import sharp from 'sharp'
import { expect, test } from 'vitest'
import { imageFormat, isAnimatedPng } from './image-format.ts'

const drawn = sharp({ create: { width: 4, height: 3, channels: 3, background: '#a33' } })

test.each(['jpeg', 'png', 'webp'] as const)('a %s is known by its bytes', async (format) => {
  expect(imageFormat(await drawn.clone().toFormat(format).toBuffer())).toBe(format)
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a page', Buffer.from('<!doctype html><script>alert(1)</script>')],
  ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['a GIF', Buffer.from('GIF89a')],
  ['sound', Buffer.from('RIFF\0\0\0\0WAVE')],
  ['half a signature', Buffer.from('\x89PNG', 'latin1')],
])('%s is none', (_, bytes) => {
  expect(imageFormat(bytes)).toBeUndefined()
})

test('a PNG that moves says so before its pixels', async () => {
  const still = await drawn.clone().png().toBuffer()
  const chunk = Buffer.from('\0\0\0\x08acTL\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1')
  const headerEnd = 33
  expect(isAnimatedPng(still)).toBe(false)
  expect(isAnimatedPng(Buffer.concat([still.subarray(0, headerEnd), chunk, still.subarray(headerEnd)]))).toBe(true)
  expect(isAnimatedPng(Buffer.concat([still, chunk]))).toBe(false)
  // A length that leads beyond the end.
  expect(isAnimatedPng(Buffer.concat([still.subarray(0, 8), Buffer.alloc(40, 0xff)]))).toBe(false)
  expect(isAnimatedPng(still.subarray(0, 20))).toBe(false)
})
