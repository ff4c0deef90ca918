import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mostImages } from '@kakilima/contracts/inventory'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { auditLogOf, whileAuditLogIsFull } from '@kakilima/testkit/audit-log'
import { eventsOf, insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { untilBlocked } from '@kakilima/testkit/until-blocked'
import { sql } from 'kysely'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readInventoryConfig } from '../config.ts'
import type { InventoryTables } from '../database.ts'
import { findProduct } from '../products/find-product.ts'
import { addImage } from './add-image.ts'
import { orderImages } from './order-images.ts'
import { removeImage } from './remove-image.ts'

const db = await testDatabase<InventoryTables>('inventory', 20)
const folder = await mkdtemp(join(tmpdir(), 'kakilima-images-'))
const config = readInventoryConfig(
  testEnvironment({
    INVENTORY_DATABASE_URL: 'postgres://unused',
    INVENTORY_URL: 'http://inventory.internal:8002',
    IMAGES_URL: 'https://shop.example/',
    IMAGES_FOLDER: folder,
  }),
)
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  await sql`truncate products, categories, stock_movements, stock_changes, outbox, audit_log restart identity`.execute(
    db,
  )
  await rm(join(folder, 'products'), { recursive: true, force: true })
  await rm(join(folder, 'categories'), { recursive: true, force: true })
})

function drawn(width: number, height: number, background = '#a33') {
  return sharp({ create: { width, height, channels: 3, background } })
}
const jpeg = await drawn(900, 600).jpeg().toBuffer()
const small = await drawn(100, 80, '#3a3').png().toBuffer()

const upload = (url: string, payload: Buffer | string, type = 'image/jpeg', method: 'POST' | 'PUT' = 'POST') =>
  app.inject({ method, url, payload, headers: { 'content-type': type } })
const put = (url: string, payload: object) => app.inject({ method: 'PUT', url, payload })
const remove = (url: string) => app.inject({ method: 'DELETE', url })

/** The files below a folder of images, whatever they are called. */
const filesIn = (name: string) => readdir(join(folder, name)).catch(() => [])

/** A product with this many images of one small file each. Returns the ids of both. */
async function productWithImages(count: number): Promise<{ id: number; images: number[] }> {
  const id = await insertProduct(db)
  for (let image = 0; image < count; image++) await upload(`/products/${id}/images`, small, 'image/png')
  return { id, images: (await findProduct(db, id)).images.map((image) => image.id) }
}

describe('an image of a product', () => {
  test('is made in several widths, shown at once and kept for a year by browsers', async () => {
    const id = await insertProduct(db)
    const answer = await upload(`/products/${id}/images`, jpeg)
    expect(answer.statusCode).toBe(201)
    const product = answer.json()
    const base = /^https:\/\/shop\.example\/images\/products\/\d+-[0-9a-f]{16}/.exec(product.image)?.[0]
    expect(product).toMatchObject({
      id,
      version: 2,
      image: `${base}-900.webp`,
      images: [
        {
          id: expect.any(Number),
          url: `${base}-900.webp`,
          srcset: [160, 320, 640, 900].map((width) => `${base}-${width}.webp ${width}w`).join(', '),
          width: 900,
          height: 600,
        },
      ],
    })
    expect(answer.headers.location).toBe(product.image)
    expect((await app.inject(`/products/${id}`)).json()).toEqual(product)
    expect((await app.inject('/products')).json()).toEqual([product])

    for (const width of [160, 320, 640, 900]) {
      const path = `${base}-${width}.webp`.replace('https://shop.example', '')
      const shown = await app.inject(path)
      expect([shown.statusCode, shown.headers['content-type']]).toEqual([200, 'image/webp'])
      expect(shown.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(shown.headers['x-content-type-options']).toBe('nosniff')
      expect(shown.headers['cross-origin-resource-policy']).toBe('cross-origin')
      const { format, width: madeWidth, height } = await sharp(shown.rawPayload).metadata()
      expect([format, madeWidth, height]).toEqual(['webp', width, Math.round((width * 2) / 3)])
      const again = await app.inject({ url: path, headers: { 'if-none-match': String(shown.headers.etag) } })
      expect([again.statusCode, again.body]).toEqual([304, ''])
    }
    expect(await eventsOf(db, id)).toEqual(['product.updated 2'])
    expect(await auditLogOf(db)).toMatchObject([
      { action: 'product.add_image', subject_id: id, before: { images: [] }, after: { images: [{ width: 900 }] } },
    ])
  })

  test('is judged by its bytes, whatever it is called, and has one address where it has one size', async () => {
    const id = await insertProduct(db)
    const answer = await upload(`/products/${id}/images`, small, 'image/webp')
    expect(answer.json().images).toMatchObject([{ srcset: null, width: 100, height: 80 }])
    for (const bytes of [
      '<!doctype html><script>alert(1)</script>',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'GIF89a',
    ]) {
      const refused = await upload(`/products/${id}/images`, bytes, 'image/png')
      expect([refused.statusCode, refused.json().type]).toEqual([422, '/problems/unfit-image'])
    }
    expect(await filesIn('products')).toHaveLength(1)
    expect(await findProduct(db, id)).toMatchObject({ version: 2 })
  })

  test.each([
    'application/json',
    'image/gif',
    'image/svg+xml',
    'text/html',
    'multipart/form-data; boundary=x',
    'image/png, image/gif',
    'nonsense',
  ])('is not taken as %s', async (type) => {
    const id = await insertProduct(db)
    const answer = await upload(`/products/${id}/images`, '{}', type)
    expect(answer.statusCode).toBe(415)
    expect(answer.json()).toMatchObject({
      type: '/problems/unsupported-image-type',
      detail: 'The body must be image/jpeg, image/png or image/webp',
    })
  })

  test('is not taken where nothing is sent, or too much', async () => {
    const url = `/products/${await insertProduct(db)}/images`
    expect((await app.inject({ method: 'POST', url })).statusCode).toBe(415)
    const empty = await upload(url, '', 'image/png')
    expect([empty.statusCode, empty.json().type]).toEqual([422, '/problems/unfit-image'])
    const large = await upload(url, Buffer.alloc(10 * 2 ** 20 + 1, jpeg))
    expect([large.statusCode, large.json().type]).toEqual([413, '/problems/payload-too-large'])
    // As large as it may be: an image with something behind it.
    expect((await upload(url, Buffer.concat([jpeg, Buffer.alloc(10 * 2 ** 20 - jpeg.length)]))).statusCode).toBe(201)
  })

  test('is for a product that is there', async () => {
    for (const answer of [
      await upload('/products/99/images', jpeg),
      await put('/products/99/images', { image_ids: [] }),
      await remove('/products/99/images/1'),
    ])
      expect([answer.statusCode, answer.json().detail]).toEqual([404, 'Product not found'])
    for (const url of ['/products/0/images', '/products/abc/images'])
      expect((await upload(url, jpeg)).statusCode).toBe(422)
    expect(await filesIn('products')).toEqual([])
  })

  test('leaves the other routes with JSON', async () => {
    expect((await upload('/products', jpeg)).statusCode).toBe(415)
    expect((await upload('/products', jpeg)).json().type).toBe('/problems/unsupported-media-type')
  })

  test('is one of twenty at most', async () => {
    const id = await insertProduct(db)
    const one = { files: [{ name: 'demo/kopi.svg', width: 640 }], width: 640, height: 640 }
    const images = Array.from({ length: mostImages - 1 }, (_, index) => ({ id: 1000 + index, ...one }))
    await db
      .updateTable('products')
      .set({ images: JSON.stringify(images) })
      .where('id', '=', id)
      .execute()
    const answers = await Promise.all([1, 2, 3].map(() => upload(`/products/${id}/images`, small, 'image/png')))
    expect(answers.map(({ statusCode }) => String(statusCode)).toSorted()).toEqual(['201', '409', '409'])
    const full = await upload(`/products/${id}/images`, small, 'image/png')
    expect([full.statusCode, full.json().type]).toEqual([409, '/problems/too-many-images'])
    expect((await findProduct(db, id)).images).toHaveLength(mostImages)
  })

  test('has its row only when its files are there and its change is logged', async () => {
    const id = await insertProduct(db)
    const broken = {
      put: () => Promise.reject(new Error('the disk is full')),
      copy: async () => true,
      delete: async () => undefined,
    }
    await expect(addImage(db, broken, id, small)).rejects.toThrow('the disk is full')
    await whileAuditLogIsFull(db, async () => {
      expect((await upload(`/products/${id}/images`, small, 'image/png')).statusCode).toBe(500)
    })
    expect(await findProduct(db, id)).toMatchObject({ images: [], version: 1 })
    expect(await eventsOf(db, id)).toEqual([])
  })
})

describe('the images of a product', () => {
  test('are put in another order, which is a change only when it is another', async () => {
    const { id, images } = await productWithImages(3)
    const [one, two, three] = images
    const answer = await put(`/products/${id}/images`, { image_ids: [three, one, two] })
    expect(answer.statusCode).toBe(200)
    expect(answer.json().images.map((image: { id: number }) => image.id)).toEqual([three, one, two])
    expect(answer.json()).toMatchObject({ image: answer.json().images[0].url, version: 5 })
    expect((await put(`/products/${id}/images`, { image_ids: [three, one, two] })).json()).toMatchObject({ version: 5 })
    for (const image_ids of [[one, two], [one, two, three, 999], [one, two, 999], []]) {
      const refused = await put(`/products/${id}/images`, { image_ids })
      expect([refused.statusCode, refused.json()]).toEqual([
        409,
        expect.objectContaining({
          type: '/problems/images-changed',
          detail: `The product's images are ${three}, ${one}, ${two}: name each of them once`,
        }),
      ])
    }
    for (const image_ids of [[one, one, two], [0], ['1'], null, Array.from({ length: 21 }, (_, index) => index + 1)])
      expect((await put(`/products/${id}/images`, { image_ids })).statusCode).toBe(422)
    expect((await auditLogOf(db)).filter(({ action }) => action === 'product.order_images')).toHaveLength(1)
  })

  test('go one by one, each with its files', async () => {
    const { id, images } = await productWithImages(2)
    const other = await productWithImages(1)
    expect((await remove(`/products/${id}/images/${other.images[0]}`)).json()).toMatchObject({
      status: 404,
      type: '/problems/image-not-found',
    })
    const answer = await remove(`/products/${id}/images/${images[0]}`)
    expect(answer.json().images.map((image: { id: number }) => image.id)).toEqual([images[1]])
    expect((await remove(`/products/${id}/images/${images[0]}`)).statusCode).toBe(404)
    const left = (await filesIn('products')).map((name) => Number(name.split('-')[0]))
    expect(new Set(left)).toEqual(new Set([images[1], other.images[0]]))
    expect((await remove(`/products/${id}/images/${images[1]}`)).json()).toMatchObject({ images: [], image: null })
    expect((await remove(`/products/${id}/images/x`)).statusCode).toBe(422)
    expect(await eventsOf(db, id)).toEqual([2, 3, 4, 5].map((version) => `product.updated ${version}`))
  })

  test('stay whole while one is taken off, others come and the order changes', async () => {
    const { id, images } = await productWithImages(3)
    const [one, two, three] = images as [number, number, number]
    const removing = await db.startTransaction().execute()
    const kept = { put: async () => undefined, copy: async () => true, delete: async () => undefined }
    await removeImage(removing, kept, id, two)
    const ordering = orderImages(db, id, [three, two, one])
    await untilBlocked(db)
    await removing.commit().execute()
    await expect(ordering).rejects.toMatchObject({ type: 'images-changed' })
    expect((await findProduct(db, id)).images.map((image) => image.id)).toEqual([one, three])

    const outcomes = await Promise.allSettled([
      orderImages(db, id, [three, one]),
      removeImage(db, kept, id, three),
      removeImage(db, kept, id, three),
      addImage(db, kept, id, small),
      addImage(db, kept, id, small),
    ])
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(3)
    const { images: left, version } = await findProduct(db, id)
    expect(left.map((image) => image.id)).not.toContain(three)
    expect(left).toHaveLength(3)
    expect(new Set(left.map((image) => image.id)).size).toBe(3)
    expect((await eventsOf(db, id)).at(-1)).toBe(`product.updated ${version}`)
  })
})

describe('a category', () => {
  beforeEach(async () => {
    await app.inject({ method: 'POST', url: '/categories', payload: { name: 'Minuman & Kopi', position: 3 } })
  })

  test('is created, shown, changed and deleted', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/categories',
      payload: { name: ' Kue ', role: 'x', image: 'x' },
    })
    expect([answer.statusCode, answer.headers.location]).toEqual([201, '/categories/2'])
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    const kue = {
      id: 2,
      name: 'Kue',
      slug: 'kue',
      position: 4,
      image: null,
      product_count: 0,
      created_at: time,
      updated_at: time,
    }
    expect(answer.json()).toEqual(kue)
    expect((await app.inject('/categories/2')).json()).toEqual(kue)
    expect((await app.inject('/categories')).json()).toMatchObject([
      { id: 1, name: 'Minuman & Kopi', slug: 'minuman-kopi' },
      kue,
    ])
    expect((await put('/categories/2', { position: 1, name: 'Kue Basah' })).json()).toMatchObject({
      id: 2,
      name: 'Kue Basah',
      slug: 'kue',
      position: 1,
    })
    expect((await app.inject('/categories')).json()).toMatchObject([{ id: 2 }, { id: 1 }])
    expect((await remove('/categories/2')).json()).toEqual({ message: 'Category deleted successfully' })
    for (const gone of [
      await remove('/categories/2'),
      await app.inject('/categories/2'),
      await put('/categories/2', {}),
    ])
      expect([gone.statusCode, gone.json().detail]).toEqual([404, 'Category not found'])
  })

  test.each([
    { name: '  ' },
    { name: 'x'.repeat(201) },
    { slug: 'a b' },
    { slug: '' },
    { slug: 'Kue' },
    { slug: 'x'.repeat(201) },
    { position: -1 },
    { position: 1.5 },
    { position: '1' },
    { name: null },
  ])('with %j is refused, created or changed', async (change) => {
    const payload = { name: 'Baru', ...change }
    expect((await app.inject({ method: 'POST', url: '/categories', payload })).statusCode).toBe(422)
    expect((await put('/categories/1', change)).statusCode).toBe(422)
  })

  test('gets a picture, another one and none, and keeps the files of the one that it has', async () => {
    const first = await upload('/categories/1/image', jpeg, 'image/jpeg', 'PUT')
    expect(first.statusCode).toBe(200)
    expect(first.json().image).toMatchObject({
      width: 900,
      height: 600,
      srcset: expect.stringContaining('-160.webp 160w, '),
    })
    const path = first.json().image.url.replace('https://shop.example', '')
    expect((await app.inject(path)).headers['content-type']).toBe('image/webp')
    expect(await filesIn('categories')).toHaveLength(4)

    const second = await upload('/categories/1/image', small, 'image/png', 'PUT')
    expect(second.json().image).toMatchObject({ width: 100, srcset: null })
    expect(await filesIn('categories')).toHaveLength(1)
    expect((await app.inject(path)).statusCode).toBe(404)

    expect((await remove('/categories/1/image')).json()).toMatchObject({ id: 1, image: null })
    expect((await remove('/categories/1/image')).statusCode).toBe(200)
    expect(await filesIn('categories')).toEqual([])
    await upload('/categories/1/image', small, 'image/png', 'PUT')
    await remove('/categories/1')
    expect(await filesIn('categories')).toEqual([])
    const actions = (await auditLogOf(db)).map(({ action }) => action)
    expect(actions).toEqual(['category.create', ...Array(4).fill('category.set_image'), 'category.delete'])
  })

  test('that is not there gets none', async () => {
    expect((await upload('/categories/9/image', jpeg, 'image/jpeg', 'PUT')).statusCode).toBe(404)
    expect((await remove('/categories/9/image')).statusCode).toBe(404)
    expect((await upload('/categories/1/image', 'GIF89a', 'image/png', 'PUT')).statusCode).toBe(422)
    expect((await upload('/categories/1/image', '{}', 'application/json', 'PUT')).statusCode).toBe(415)
    expect(await filesIn('categories')).toEqual([])
  })
})

describe('what is shown', () => {
  beforeAll(async () => {
    await writeFile(join(folder, '.6f1c-being-written'), 'half')
    await writeFile(join(folder, 'kopi.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  })

  test('a file whose name does not say what is in it is kept for a day', async () => {
    expect((await app.inject('/images/kopi.svg')).headers['cache-control']).toBe('public, max-age=86400')
  })

  test.each([
    '/images/.6f1c-being-written',
    '/images/%2e6f1c-being-written',
    '/images/products/../.6f1c-being-written',
    '/images/products/..%2f..%2f..%2fetc%2fpasswd',
    '/images/products/%2e%2e/%2e%2e/etc/passwd',
    '/images/products%5c..%5ckopi.svg',
    '/images/products',
  ])('nothing is at %s', async (url) => {
    const answer = await app.inject(url)
    expect([400, 403, 404]).toContain(answer.statusCode)
    expect(answer.headers['cache-control']).toBeUndefined()
  })
})

describe('a client that says another length than it sends', () => {
  let port: number
  beforeAll(async () => {
    port = await listen(app, config)
  })

  /** Sends this, hangs up where it is less than was said, and reads until the connection ends. */
  function say(length: number, body: Buffer, path: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = ''
      const socket = connect(port, '127.0.0.1', () => {
        const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`
        socket.write(head)
        socket.write(body)
        if (body.length < length) socket.end()
      })
      socket.on('data', (data) => (answer += data.toString('latin1')))
      socket.on('end', () => socket.destroy())
      socket.on('close', () => resolve(answer))
      // A server that closes before it has read everything resets the connection, and its answer may be lost.
      socket.on('error', () => undefined)
    })
  }

  test.each([
    ['less', small.length - 20, /^HTTP\/1.1 4(00|22) /],
    ['more', small.length + 5000, /^(HTTP\/1.1 400 |$)/],
    ['too much', 2 ** 40, /^(HTTP\/1.1 413 |$)/],
    ['nonsense', -5, /^(HTTP\/1.1 400 |$)/],
  ])('%s: nothing is stored', async (_, length, expected) => {
    const id = await insertProduct(db)
    expect(await say(length, small, `/products/${id}/images`)).toMatch(expected)
    expect((await findProduct(db, id)).images).toEqual([])
    expect(await filesIn('products')).toEqual([])
  })

  test('the whole of it is taken', async () => {
    const id = await insertProduct(db)
    expect(await say(small.length, small, `/products/${id}/images`)).toMatch(/^HTTP\/1.1 201 /)
  })
})
