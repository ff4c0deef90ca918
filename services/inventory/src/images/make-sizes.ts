import { largestImagePixels } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import sharp, { type Sharp } from 'sharp'
import { imageFormat, isAnimatedPng } from './image-format.ts'

/** The widths that an image is made in. One that has fewer pixels is never enlarged. */
const widths = [160, 320, 640, 1280]
const longestMadeHeight = 4096
const longestSide = 20_000
/** What an image may take that must be unpacked whole, and cannot be read line by line. */
const largestWholeBytes = 100_000_000

sharp.cache(false)
sharp.concurrency(1)
// Of all that it could read, only what we take.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] })

export type ImageSizes = { width: number; height: number; files: { width: number; bytes: Uint8Array }[] }

/**
 * Makes WebP files of an image, the smallest first, upright and without whatever else it said of itself: camera, place, time. Throws
 * `unfit-image` for what is no image that we take.
 */
export async function makeSizes(bytes: Buffer): Promise<ImageSizes> {
  const { data, info } = await decode(await checkImage(bytes))
  const { width: largest, height, channels } = info
  const files: ImageSizes['files'] = []
  for (const width of [...widths.filter((narrower) => narrower < largest), largest]) {
    const pixels = sharp(data, { raw: { width: largest, height, channels } })
    files.push({ width, bytes: await pixels.resize({ width }).webp({ quality: 80 }).toBuffer() })
  }
  return { width: largest, height, files }
}

/** Looks at the first bytes only. */
async function checkImage(bytes: Buffer): Promise<Sharp> {
  const format = imageFormat(bytes)
  if (format === undefined) throw problem('unfit-image', 'This is no JPEG, PNG or WebP image')
  const head = await orUnfit(sharp(bytes, { limitInputPixels: false }).metadata())
  const { width, height, channels, depth, isProgressive, pages = 1 } = head
  if (width * height > largestImagePixels)
    throw problem('unfit-image', `The image has more than ${largestImagePixels / 1e6} megapixels`)
  if (Math.max(width, height) > longestSide)
    throw problem('unfit-image', `The image is longer than ${longestSide} pixels`)
  const wholeBytes = width * height * channels * (depth === 'uchar' ? 1 : 2)
  if ((isProgressive || format === 'webp') && wholeBytes > largestWholeBytes)
    throw problem('unfit-image', 'The image has too many pixels for a progressive, interlaced or WebP file')
  if (pages > 1 || (format === 'png' && isAnimatedPng(bytes))) throw problem('unfit-image', 'The image is animated')
  // By default a picture is refused for any oddity, as many cameras write them.
  return sharp(bytes, { failOn: 'error', limitInputPixels: largestImagePixels })
}

/** The pixels in the largest width: decoded once, however many sizes are made of them. */
async function decode(image: Sharp) {
  const box = { width: widths.at(-1)!, height: longestMadeHeight }
  const largest = image.autoOrient().resize({ ...box, fit: 'inside', withoutEnlargement: true })
  return orUnfit(largest.raw().toBuffer({ resolveWithObject: true }))
}

async function orUnfit<T>(decoding: Promise<T>): Promise<T> {
  return decoding.catch(() => {
    throw problem('unfit-image', 'The image cannot be read: it is damaged or cut off')
  })
}
