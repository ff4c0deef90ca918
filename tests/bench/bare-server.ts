// The limit of what one Node process can answer: it reads the whole POST and says that it was accepted, and does nothing else.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let orderId = 0
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const id = ++orderId
    const body = JSON.stringify({
      message: 'Order received and is being processed',
      order_id: id,
      status: 'queued',
      status_url: `/api/v1/orders/${id}`,
      bytes: Buffer.concat(chunks).length,
    })
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
