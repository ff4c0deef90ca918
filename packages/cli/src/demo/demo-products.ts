import { readFile } from 'node:fs/promises'
import type { ProductInput } from '@kakilima/contracts/inventory'
import { drawProduct, slugOf } from './draw-product.ts'

type DemoProduct = Pick<ProductInput, 'name' | 'price' | 'stock' | 'sku' | 'weight_grams' | 'description'> & {
  icon: string
}
type DemoCategory = { category: string; tint: string; products: DemoProduct[] }
type Icons = { icons: Record<string, { body: string }> }

export type ProductWithPicture = { input: ProductInput; file: string; svg: string }

/** In the order of the product ids: old clients know Sepatu Sport and Tas Ransel as the first two. */
const categories = [
  'sepatu-tas',
  'pakaian-aksesori',
  'elektronik',
  'dapur',
  'makanan-camilan',
  'minuman-kopi',
  'olahraga',
  'mainan-anak',
  'kecantikan-perawatan',
  'rumah-kebun',
]

/** The products of the demo shop, each with its picture. Reads 9 MB of icons, so call it only to fill a shop. */
export async function demoProducts(): Promise<ProductWithPicture[]> {
  const { icons } = await readJson<Icons>(import.meta.resolve('@iconify-json/fluent-emoji-flat/icons.json'))
  const files = await Promise.all(
    categories.map((name) => readJson<DemoCategory>(new URL(`../../demo/${name}.json`, import.meta.url).href)),
  )
  return files.flatMap(({ category, tint, products }) =>
    products.map(({ icon, ...product }) => {
      const body = icons[icon]?.body
      if (body === undefined) throw new Error(`The icon ${icon} of ${product.name} does not exist.`)
      const file = `${slugOf(product.name)}.svg`
      const input = { ...product, category, image: `/images/demo/${file}` }
      return { input, file, svg: drawProduct({ title: product.name, tint, icon: body }) }
    }),
  )
}

async function readJson<T>(address: string): Promise<T> {
  return JSON.parse(await readFile(new URL(address), 'utf8')) as T
}
