import { crc32, deflateSync } from 'node:zlib'

export type PngOptions = { depth?: number; color?: number; isInterlaced?: boolean; extra?: Buffer[] }

/** A chunk of a PNG, with its right checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), data, Buffer.alloc(4)])
  chunk.writeUInt32BE(data.length)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4)
  return chunk
}

/**
 * A black PNG, or one that says what it likes: `pixels` are its compressed pixels, however many there should be. `color` and `depth` are
 * as the format has them, 2 and 8 (red, green and blue of 8 bits) unless given; `extra` are chunks before the pixels.
 */
export function pngOf(
  width: number,
  height: number,
  pixels: Buffer = deflateSync(Buffer.alloc((width * 3 + 1) * height)),
  { depth = 8, color = 2, isInterlaced = false, extra = [] }: PngOptions = {},
): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([depth, color, 0, 0, Number(isInterlaced)], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  const end = pngChunk('IEND', Buffer.alloc(0))
  return Buffer.concat([signature, pngChunk('IHDR', header), ...extra, pngChunk('IDAT', pixels), end])
}
