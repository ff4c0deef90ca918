const side = 320

/** A small picture of a file, as an address that may stand in `src`. Throws where the file can't be shown. */
export async function smallPreview(file: File): Promise<string> {
  const bitmap = await createImageBitmap(file)
  const scale = Math.min(1, side / Math.min(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return canvas.toDataURL('image/webp', 0.8)
}
