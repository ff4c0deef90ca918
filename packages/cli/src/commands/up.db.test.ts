import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { callerOf, type ServiceUrls, waitFor } from '@kakilima/testkit/call'
import { canRunRedis, startRedis } from '@kakilima/testkit/redis-per-file'
import { freeAddresses, runCommand, type Shop, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'

const longestStopMs = 10_000

/** The process of the PostgreSQL that runs on a data folder. */
function postgresPid(dataFolder: string): number {
  return Number.parseInt(readFileSync(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}

async function productsOf(urls: ServiceUrls): Promise<any[]> {
  const { status, body } = await callerOf(urls).get('inventory', '/products')
  expect(status).toBe(200)
  return body
}

let dataFolder: string
let urls: ServiceUrls
let shop: Shop

beforeAll(async () => {
  dataFolder = await temporaryFolder()
  urls = await freeAddresses()
  shop = await startShop({ demo: true, dataFolder, urls })
})
afterAll(async () => {
  await shop.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

test('the first start fills it with the demo shop and says what runs where', async () => {
  const products = await productsOf(urls)
  expect(products).toHaveLength(200)
  expect(products[0]).toMatchObject({ name: 'Sepatu Sport', price: 250_000, stock: 10, category: 'Sepatu & Tas' })
  expect(products[1]).toMatchObject({ name: 'Tas Ransel', price: 150_000, stock: 15, available: 15 })
  for (const text of [...Object.values(urls), dataFolder, 'kakilima.log', 'curl']) expect(shop.output()).toContain(text)
})

test('the first start makes an admin and tells the password, and no later one does', async () => {
  const password = /admin@localhost, password (\S+)/.exec(shop.output())?.[1]
  const signIn = await callerOf(urls).post('user', '/sessions', { email: 'admin@localhost', password })
  expect(signIn).toMatchObject({ status: 201, body: { user: { role: 'admin' } } })
  expect(readFileSync(join(dataFolder, 'kakilima.log'), 'utf8')).not.toContain(password)
})

test('somebody who works in the shop is added while it runs', async () => {
  const args = ['user', 'add', '--email', 'rina@example.com', '--name', 'Rina', '--role', 'staff']
  const added = await runCommand(args, { KAKILIMA_DATA: dataFolder })
  expect(added.output).toMatch(
    /^rina@example.com can sign in as staff now.\nThe password, which is shown only now: \S+\n$/,
  )
  const password = added.output.trim().split(' ').at(-1)
  const signIn = await callerOf(urls).post('user', '/sessions', { email: 'rina@example.com', password })
  expect(signIn).toMatchObject({ status: 201, body: { user: { name: 'Rina', role: 'staff' } } })
  const again = await runCommand(args, { KAKILIMA_DATA: dataFolder })
  expect(again).toEqual({ code: 1, output: 'This e-mail address has an account already\n' })
})

test('every product and every category has a picture, and the categories stand in their order', async () => {
  const { body: categories } = await callerOf(urls).get('inventory', '/categories')
  expect(categories).toHaveLength(10)
  expect(categories[0]).toMatchObject({ name: 'Makanan & Camilan', slug: 'makanan-camilan', product_count: 20 })
  const products = await productsOf(urls)
  for (const { image, images, slug } of products) {
    expect(images).toMatchObject([{ url: image, srcset: null, width: 640, height: 640 }])
    expect(image).toBe(`${urls.gateway}/images/demo/${slug}.svg`)
  }
  const pictures: [string, string][] = [
    ...products.map((product) => [product.name, product.image] as [string, string]),
    ...categories.map((category: any) => [category.name, category.image.url]),
  ]
  for (const [name, url] of pictures) {
    const answer = await fetch(url)
    expect(answer.headers.get('content-type'), name).toBe('image/svg+xml')
    expect(await answer.text()).toContain(`<title>${name.replaceAll('&', '&amp;')}</title>`)
  }
})

test('SIGTERM ends it with PostgreSQL, in time and without an error', async () => {
  await callerOf(urls).post('user', '/users', { name: 'Sari', phone: '0812 3456 7890' })
  await callerOf(urls).put('inventory', '/products/1', { price: 199_000 })
  await callerOf(urls).delete('inventory', '/products/200')
  const postgres = postgresPid(dataFolder)
  expect(isRunning(postgres)).toBe(true)
  const begin = performance.now()
  expect(await shop.stop()).toBe(0)
  expect(performance.now() - begin).toBeLessThan(longestStopMs)
  expect(isRunning(postgres)).toBe(false)
  expect(existsSync(join(dataFolder, 'kakilima.pid'))).toBe(false)
})

test('the second start finds everything as it was', async () => {
  shop = await startShop({ demo: true, dataFolder, urls })
  const products = await productsOf(urls)
  expect(products).toHaveLength(199)
  expect(products[0]).toMatchObject({ name: 'Sepatu Sport', price: 199_000 })
  expect((await callerOf(urls).get('user', '/users')).body).toMatchObject([{ name: 'Sari' }])
  expect(shop.output()).not.toContain('admin@localhost')
})

test('while it runs no other may use its data', async () => {
  const result = await runCommand(['seed'], { KAKILIMA_DATA: dataFolder })
  expect(result.output).toContain(`Another Kakilima (process ${shop.process.pid}) is using ${dataFolder}`)
  expect(result.code).toBe(1)
})

test('killed, it leaves PostgreSQL behind, and the next start goes on where it was', async () => {
  const orphan = postgresPid(dataFolder)
  await shop.kill()
  expect(isRunning(orphan)).toBe(true)
  shop = await startShop({ demo: true, dataFolder, urls })
  expect(isRunning(orphan)).toBe(false)
  expect(await productsOf(urls)).toHaveLength(199)
})

test('the same signal twice, as npm passes it on, is one', async () => {
  shop.process.kill('SIGINT')
  shop.process.kill('SIGINT')
  expect(await shop.stop()).toBe(0)
  expect(shop.output()).not.toContain('Stopping already')
})

test('a request in progress is answered before the shop ends', async () => {
  shop = await startShop({ dataFolder, urls })
  const { port, hostname } = new URL(urls.user)
  const body = JSON.stringify({ name: 'Budi', phone: '0813 3456 7890' })
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.on('data', (text: Buffer) => (answer += text.toString()))
  socket.write(
    `POST /users HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`,
  )
  await waitFor(
    async () => answer,
    (text) => text.includes('100 Continue'),
  )
  const stopped = shop.stop()
  await waitFor(
    async () => shop.output(),
    (text) => text.includes('Stopping'),
  )
  socket.write(body)
  expect(await stopped).toBe(0)
  expect(answer).toContain('HTTP/1.1 201 Created')
})

test('an error that nobody caught is logged and ends the shop in order', async () => {
  const throwOnSignal = "data:text/javascript,process.on('SIGUSR2',()=>{throw(new(Error)('boom'))})"
  shop = await startShop({ dataFolder, urls, env: { NODE_OPTIONS: `--import ${throwOnSignal}` } })
  const postgres = postgresPid(dataFolder)
  shop.process.kill('SIGUSR2')
  await waitFor(
    async () => shop.process.exitCode,
    (code) => code !== null,
  )
  expect(shop.process.exitCode).toBe(1)
  expect(shop.output()).toContain('an error that nobody caught: boom')
  expect(readFileSync(join(dataFolder, 'kakilima.log'), 'utf8')).toContain('"msg":"an error that nobody caught"')
  expect(isRunning(postgres)).toBe(false)
})

test.skipIf(!canRunRedis)('a Redis that could lose orders is told of on the screen, not in the log alone', async () => {
  const redis = await startRedis({ appendfsync: 'everysec' })
  const weak = await startShop({ env: { REDIS_URL: redis.url } })
  try {
    const output = await waitFor(
      async () => weak.output(),
      (text) => text.includes('appendfsync'),
    )
    expect(output).toContain('DANGER: Redis writes to its disk too late (appendfsync everysec)')
  } finally {
    await weak.stop()
  }
})
