import type { Image } from '@kakilima/contracts/inventory'

/** A picture as it stands in the row of what it shows: its files, which are paths below /images, the smallest width first. */
export type StoredImage = { id: number; files: { name: string; width: number }[]; width: number; height: number }

/** An image as others see it. `baseUrl` is where browsers reach /images. */
export function presentImage({ id, files, width, height }: StoredImage, baseUrl: string): Image {
  const urls = files.map((file) => imageUrl(`/images/${file.name}`, baseUrl))
  const srcset = files.map((file, index) => `${urls[index]} ${file.width}w`).join(', ')
  return { id, url: urls.at(-1)!, srcset: files.length > 1 ? srcset : null, width, height }
}

/** The address of a picture: below `baseUrl` where a path is given, and what is given otherwise. */
export function imageUrl(image: string, baseUrl: string): string {
  return image.startsWith('/') ? baseUrl.replace(/\/$/, '') + image : image
}
