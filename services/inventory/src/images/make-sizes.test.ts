import { once } from 'node:events'
import { createDeflate } from 'node:zlib'
import { pngChunk, pngOf } from '@kakilima/testkit/png'
import sharp, { type Sharp } from 'sharp'
import { expect, test } from 'vitest'
import { makeSizes } from './make-sizes.ts'

function noise(width: number, height: number): Sharp {
  return sharp({
    create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
  })
}

/** Zeros, compressed without ever holding them. */
async function zeros(bytes: number): Promise<Buffer> {
  const deflate = createDeflate()
  const parts: Buffer[] = []
  deflate.on('data', (part: Buffer) => parts.push(part))
  const piece = Buffer.alloc(2 ** 20)
  for (let left = bytes; left > 0; left -= piece.length)
    if (!deflate.write(piece.subarray(0, Math.min(left, piece.length)))) await once(deflate, 'drain')
  deflate.end()
  await once(deflate, 'end')
  return Buffer.concat(parts)
}

test.each([
  [3000, 2000, [160, 320, 640, 1280]],
  [1280, 700, [160, 320, 640, 1280]],
  [1000, 10, [160, 320, 640, 1000]],
  [320, 320, [160, 320]],
  [161, 5, [160, 161]],
  [160, 90, [160]],
  [1, 1, [1]],
])('an image of %i by %i is made in the widths %j', async (width, height, expected) => {
  const { files, ...size } = await makeSizes(await noise(width, height).jpeg().toBuffer())
  expect(files.map((file) => file.width)).toEqual(expected)
  const largest = expected.at(-1)!
  expect(size).toEqual({ width: largest, height: Math.max(1, Math.round((height * largest) / width)) })
  for (const file of files) {
    const { format, width: madeWidth, height: madeHeight } = await sharp(file.bytes).metadata()
    expect([format, madeWidth]).toEqual(['webp', file.width])
    // The same shape, to the pixel.
    expect(Math.abs(madeHeight - (height * file.width) / width)).toBeLessThanOrEqual(1)
  }
})

test('a long strip is made no longer than 4096 pixels', async () => {
  const { width, height, files } = await makeSizes(await noise(1000, 12_000).jpeg().toBuffer())
  expect([width, height]).toEqual([341, 4096])
  expect(files.map((file) => file.width)).toEqual([160, 320, 341])
})

test.each([
  ['a progressive JPEG', () => noise(700, 500).jpeg({ progressive: true })],
  ['a gray JPEG', () => noise(700, 500).greyscale().jpeg()],
  ['a JPEG for printers', () => noise(700, 500).toColourspace('cmyk').jpeg()],
  ['an interlaced PNG', () => noise(700, 500).png({ progressive: true })],
  ['a PNG of 256 colors', () => noise(700, 500).png({ palette: true })],
  ['a PNG of 16 bits', () => noise(700, 500).toColourspace('rgb16').png()],
  ['a gray PNG', () => noise(700, 500).greyscale().png()],
  ['a lossless WebP', () => noise(700, 500).webp({ lossless: true })],
])('%s is taken', async (_, image) => {
  const { files } = await makeSizes(await image().toBuffer())
  expect(files.map((file) => file.width)).toEqual([160, 320, 640, 700])
  for (const { bytes } of files) expect((await sharp(bytes).stats()).channels).toHaveLength(3)
})

test('what is transparent stays so', async () => {
  const clear = sharp({
    create: { width: 400, height: 400, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0 } },
  })
  for (const bytes of [await clear.clone().png().toBuffer(), await clear.clone().webp().toBuffer()]) {
    const { files } = await makeSizes(bytes)
    for (const file of files) expect((await sharp(file.bytes).stats()).channels[3]).toMatchObject({ max: 0 })
  }
})

test('an image stands upright and says nothing of camera, place or time', async () => {
  // Red on the left and blue on the right, held on its side: red is on top.
  const blue = { create: { width: 200, height: 200, channels: 3, background: '#00f' } } as const
  const photo = await sharp({ create: { width: 400, height: 200, channels: 3, background: '#f00' } })
    .composite([{ input: blue, left: 200, top: 0 }])
    .withMetadata({ orientation: 6 })
    .withExifMerge({
      IFD0: { Copyright: 'Sari Wulandari', Model: 'Kamera 7' },
      IFD3: { GPSLatitudeRef: 'S', GPSLatitude: '6/1 12/1 3/1', GPSLongitudeRef: 'E', GPSLongitude: '106/1 49/1 0/1' },
    })
    .withIccProfile('p3')
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret>Sari</secret></x:xmpmeta>')
    .jpeg()
    .toBuffer()
  expect(photo.includes('Sari Wulandari')).toBe(true)
  expect(await sharp(photo).metadata()).toMatchObject({
    orientation: 6,
    exif: expect.any(Buffer),
    icc: expect.any(Buffer),
    xmp: expect.any(Buffer),
  })

  const { files, width, height } = await makeSizes(photo)
  expect([width, height]).toEqual([200, 400])
  for (const { bytes } of files) {
    const metadata = await sharp(bytes).metadata()
    for (const kind of ['exif', 'icc', 'xmp', 'iptc', 'orientation', 'comments'] as const)
      expect(metadata[kind], kind).toBeUndefined()
    for (const text of ['Sari', 'Kamera', 'EXIF', 'XMP ', 'ICCP'])
      expect(Buffer.from(bytes).includes(text), text).toBe(false)
  }
  const { data, info } = await sharp(files.at(-1)!.bytes).raw().toBuffer({ resolveWithObject: true })
  const colorAt = (row: number) => [...data.subarray((row * info.width + 100) * info.channels).subarray(0, 3)]
  const [top, bottom] = [colorAt(50), colorAt(350)]
  expect(top[0]! > 200 && top[2]! < 60, String(top)).toBe(true)
  expect(bottom[2]! > 200 && bottom[0]! < 60, String(bottom)).toBe(true)
})

const jpeg = await noise(900, 700).jpeg().toBuffer()
const png = await noise(900, 700).png().toBuffer()
const webp = await noise(900, 700).webp().toBuffer()
const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length * 0.7)
const frames = await Promise.all([1, 2].map(() => noise(20, 20).png().toBuffer()))
const few = await zeros(2000)

test.each([
  ['nothing', Buffer.alloc(0), 'no JPEG, PNG or WebP'],
  ['a page', Buffer.from('<!doctype html><script>alert(1)</script>'), 'no JPEG, PNG or WebP'],
  ['a page after the first bytes of a PNG', Buffer.from('\x89PNG\r\n\x1a\n<script>', 'latin1'), 'damaged'],
  ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'no JPEG, PNG or WebP'],
  ['a GIF', await noise(20, 20).gif().toBuffer(), 'no JPEG, PNG or WebP'],
  ['an AVIF', await noise(20, 20).avif().toBuffer(), 'no JPEG, PNG or WebP'],
  ['a TIFF', await noise(20, 20).tiff().toBuffer(), 'no JPEG, PNG or WebP'],
  ['three bytes', Buffer.from([0xff, 0xd8, 0xff]), 'damaged'],
  ['a JPEG that is cut off', cut(jpeg), 'damaged'],
  ['a PNG that is cut off', cut(png), 'damaged'],
  ['a WebP that is cut off', cut(webp), 'damaged'],
  [
    'a PNG with other bytes in its pixels',
    Buffer.concat([png.subarray(0, 500), Buffer.alloc(5000, 7), png.subarray(5500)]),
    'damaged',
  ],
  [
    'a WebP that moves',
    await sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer(),
    'animated',
  ],
  ['a PNG that moves', pngOf(10, 10, few, { extra: [pngChunk('acTL', Buffer.alloc(8))] }), 'animated'],
  ['one pixel by 100 million', pngOf(1, 100_000_000, few), '50 megapixels'],
  ['100,000 by 100,000 pixels', pngOf(100_000, 100_000, few), '50 megapixels'],
  ['one pixel by 40 million', pngOf(1, 40_000_000, few), 'longer than 20000'],
  ['nothing by nothing', pngOf(0, 0, few), 'damaged'],
])('%s is refused', async (_, bytes, reason) => {
  await expect(makeSizes(bytes)).rejects.toMatchObject({
    type: 'unfit-image',
    status: 422,
    message: expect.stringContaining(reason),
  })
})

test('a few compressed bytes that would be hundreds of megabytes take no memory', async () => {
  const [many, hundreds] = [await zeros(7000 * 7000 * 8), await zeros(300 * 2 ** 20)]
  await makeSizes(png)
  const keyword = Buffer.from('a\0\0')
  const refused = [
    pngOf(7000, 7000, many, { depth: 16, color: 6, isInterlaced: true }),
    pngOf(60_000, 60_000, many, { depth: 16, color: 6 }),
  ]
  const harmless = [
    // Three hundred megabytes of which the picture needs three hundred bytes.
    pngOf(10, 10, hundreds),
    pngOf(10, 10, few, { extra: [pngChunk('zTXt', Buffer.concat([keyword, hundreds]))] }),
    pngOf(10, 10, few, { extra: [pngChunk('iCCP', Buffer.concat([keyword, hundreds]))] }),
  ]
  const peakBefore = process.resourceUsage().maxRSS
  for (const bytes of refused) await expect(makeSizes(bytes)).rejects.toMatchObject({ type: 'unfit-image' })
  for (const bytes of harmless) {
    const { files } = await makeSizes(bytes)
    expect(files.map(({ width }) => width)).toEqual([10])
    expect(files[0]!.bytes.length).toBeLessThan(1000)
  }
  const peakMegabytes = (process.resourceUsage().maxRSS - peakBefore) / 1024
  expect(peakMegabytes).toBeLessThan(50)
})
