import { readFile } from 'node:fs/promises'
import type { CategoryInput, ProductInput } from '@kakilima/contracts/inventory'
import { slugOf } from '@kakilima/contracts/slug'
import { drawPicture } from './draw-picture.ts'

type DemoProduct = Pick<ProductInput, 'name' | 'price' | 'stock' | 'sku' | 'weight_grams' | 'description'> & {
  icon: string
}
type DemoCategory = { category: string; position: number; icon: string; tint: string; products: DemoProduct[] }
type Icons = { icons: Record<string, { body: string }> }

/** `file` is the picture's name. */
export type WithPicture<Input> = { input: Input; file: string; svg: string }
export type DemoShop = { categories: WithPicture<CategoryInput>[]; products: WithPicture<ProductInput>[] }

/** In the order of the product ids: old clients know Sepatu Sport and Tas Ransel as the first two. */
const files = [
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

/** What the demo shop has, each with its picture. Reads 9 MB of icons, so call it only to fill a shop. */
export async function demoShop(): Promise<DemoShop> {
  const { icons } = await readJson<Icons>(import.meta.resolve('@iconify-json/fluent-emoji-flat/icons.json'))
  const parts = await Promise.all(
    files.map((name) => readJson<DemoCategory>(new URL(`../../demo/${name}.json`, import.meta.url).href)),
  )
  const draw = (title: string, tint: string, icon: string): string => {
    const body = icons[icon]?.body
    if (body === undefined) throw new Error(`The icon ${icon} of ${title} does not exist.`)
    return drawPicture({ title, tint, icon: body })
  }
  return {
    categories: parts.map(({ category, position, icon, tint }) => ({
      input: { name: category, position },
      file: `category-${slugOf(category)}.svg`,
      svg: draw(category, tint, icon),
    })),
    products: parts.flatMap(({ category, tint, products }) =>
      products.map(({ icon, ...product }) => ({
        input: { ...product, category },
        file: `${slugOf(product.name)}.svg`,
        svg: draw(product.name, tint, icon),
      })),
    ),
  }
}

async function readJson<T>(address: string): Promise<T> {
  return JSON.parse(await readFile(new URL(address), 'utf8')) as T
}
