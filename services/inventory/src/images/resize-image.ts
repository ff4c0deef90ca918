import { largestImagePixels } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import pLimit from 'p-limit'
import type { Sharp, SharpConstructor } from 'sharp'
import { imageFormat, isAnimatedPng } from './image-format.ts'

/** The widths that an image is made in. One that has fewer pixels is never enlarged. */
const widths = [160, 320, 640, 1280]
const longestMadeHeight = 4096
const longestSide = 20_000
/** What an image may take that must be unpacked whole, and cannot be read line by line. */
const largestWholeBytes = 100_000_000
const longestSeconds = 20

// One at a time: a picture keeps a core busy for as long as a thousand orders do.
const atOnce = 1
const mostWaiting = 8
const limit = pLimit(atOnce)

export type ResizedImage = { width: number; height: number; files: { width: number; bytes: Buffer }[] }

/**
 * Makes WebP files of an image, the smallest first, upright and without whatever else it said of itself: camera, place, time. Throws
 * `unfit-image` for what is no image that we take, `too-many-requests` when many others wait.
 */
export async function resizeImage(bytes: Buffer): Promise<ResizedImage> {
  if (limit.pendingCount >= mostWaiting)
    throw problem('too-many-requests', 'Many images are being prepared: try again in 5 s', {}, { 'retry-after': '5' })
  return limit(async () => {
    const load = await loadSharp()
    const image = await checkImage(load, bytes)
    const { data, info } = await decode(image)
    const files: ResizedImage['files'] = []
    for (const width of [...widths.filter((narrower) => narrower < info.width), info.width]) {
      const { width: rawWidth, height, channels } = info
      const webp = load(data, { raw: { width: rawWidth, height, channels } })
        .resize({ width })
        .webp({ quality: 80 })
      files.push({ width, bytes: await webp.toBuffer() })
    }
    return { width: info.width, height: info.height, files }
  })
}

/** Looks at the first bytes only. */
async function checkImage(load: SharpConstructor, bytes: Buffer): Promise<Sharp> {
  const format = imageFormat(bytes)
  if (format === undefined) throw problem('unfit-image', 'This is no JPEG, PNG or WebP image')
  const {
    width,
    height,
    channels,
    depth,
    isProgressive,
    pages = 1,
  } = await orUnfit(load(bytes, { limitInputPixels: false }).metadata())
  if (width * height > largestImagePixels)
    throw problem('unfit-image', `The image has more than ${largestImagePixels / 1e6} megapixels`)
  if (Math.max(width, height) > longestSide)
    throw problem('unfit-image', `The image is longer than ${longestSide} pixels`)
  const wholeBytes = width * height * channels * (depth === 'uchar' ? 1 : 2)
  if ((isProgressive || format === 'webp') && wholeBytes > largestWholeBytes)
    throw problem('unfit-image', 'The image has too many pixels for a progressive, interlaced or WebP file')
  if (pages > 1 || (format === 'png' && isAnimatedPng(bytes))) throw problem('unfit-image', 'The image is animated')
  // By default a picture is refused for any oddity, as many cameras write them.
  return load(bytes, { failOn: 'error', limitInputPixels: largestImagePixels })
}

/** The pixels in the largest width: decoded once, however many sizes are made of them. */
async function decode(image: Sharp) {
  const upright = image.timeout({ seconds: longestSeconds }).autoOrient()
  const box = { width: widths.at(-1)!, height: longestMadeHeight }
  const largest = upright.resize({ ...box, fit: 'inside', withoutEnlargement: true })
  return orUnfit(largest.raw().toBuffer({ resolveWithObject: true }))
}

async function orUnfit<T>(decoding: Promise<T>): Promise<T> {
  return decoding.catch(() => {
    throw problem('unfit-image', 'The image cannot be read: it is damaged or cut off')
  })
}

let loading: Promise<SharpConstructor> | undefined

/** Loaded with the first image that is sent: it takes memory, and most of the time none is. */
function loadSharp(): Promise<SharpConstructor> {
  loading ??= import('sharp').then(({ default: load }) => {
    load.cache(false)
    load.concurrency(1)
    // Of all that it could read, only what we take.
    load.block({ operation: ['VipsForeignLoad'] })
    load.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] })
    return load
  })
  return loading
}
