/** What an image is by its first bytes, or undefined where it is none that we take. */
export function imageFormat(bytes: Buffer): 'jpeg' | 'png' | 'webp' | undefined {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpeg'
  if (bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'png'
  const isWebp = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'
  return isWebp ? 'webp' : undefined
}

/** Whether a PNG moves: it says so in a chunk `acTL` before its pixels. The decoder would show its first picture only. */
export function isAnimatedPng(bytes: Buffer): boolean {
  const signatureBytes = 8
  // Length, type and checksum of a chunk.
  const frameBytes = 12
  for (let offset = signatureBytes; offset + frameBytes <= bytes.length;) {
    const type = bytes.toString('latin1', offset + 4, offset + 8)
    if (type === 'acTL') return true
    if (type === 'IDAT') return false
    offset += bytes.readUInt32BE(offset) + frameBytes
  }
  return false
}
