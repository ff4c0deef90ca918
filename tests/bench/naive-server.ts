// What most shops do, done well: one transaction for each order, the rows locked in order of id so that it cannot deadlock or oversell,
// twenty connections, every statement prepared. No framework, no schema, no token: all its time goes into the order.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.argv[2]!, max: 20 })

type Line = { product_id: number; quantity: number }

async function placeOrder(userId: number, lines: Line[]): Promise<number | undefined> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    let total = 0
    const quantities = new Map<number, number>()
    for (const { product_id: id, quantity } of lines) quantities.set(id, (quantities.get(id) ?? 0) + quantity)
    const sorted = [...quantities].toSorted(([a], [b]) => a - b)
    for (const [productId, quantity] of sorted) {
      const { rows } = await client.query({
        name: 'lock',
        text: 'select price, stock - reserved as available from products where id = $1 for update',
        values: [productId],
      })
      if (rows[0] === undefined || rows[0].available < quantity) {
        await client.query('rollback')
        return undefined
      }
      total += rows[0].price * quantity
      await client.query({
        name: 'reserve',
        text: 'update products set reserved = reserved + $2 where id = $1',
        values: [productId, quantity],
      })
    }
    const { rows } = await client.query({
      name: 'order',
      text: `insert into orders (user_id, status, total) values ($1, 'awaiting_payment', $2) returning id`,
      values: [userId, total],
    })
    for (const [productId, quantity] of sorted) {
      await client.query({
        name: 'line',
        text: 'insert into order_lines (order_id, product_id, quantity) values ($1, $2, $3)',
        values: [rows[0].id, productId, quantity],
      })
    }
    await client.query('commit')
    return Number(rows[0].id)
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { items } = JSON.parse(await text(request)) as { items: Line[] }
  const orderId = await placeOrder(1, items)
  const body = JSON.stringify(orderId === undefined ? { detail: 'Not enough stock' } : { order_id: orderId })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  response.writeHead(orderId === undefined ? 409 : 201, headers).end(body)
}

const server = createServer((request, response) => void answer(request, response))
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
