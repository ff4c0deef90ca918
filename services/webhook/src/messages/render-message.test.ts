import type { Order } from '@kakilima/contracts/order/order'
import { expect, test } from 'vitest'
import { maskAddresses, type MessageType, messageTypes } from './message.ts'
import { renderMessage } from './render-message.ts'

const shop = { name: 'Toko Sari', url: 'https://toko.example.com/' }
const sari = { name: 'Sari', language: 'id' as const }

const order = (change: Partial<Order> = {}): Order => ({
  id: 12,
  user_id: 7,
  product_id: 1,
  quantity: 3,
  total_price: 318_000,
  payment_status: false,
  confirmed: false,
  status: 'paid',
  payment_method: 'QRIS',
  expires_at: null,
  paid_by_payment_id: null,
  reason: null,
  shortages: [],
  version: 2,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T08:00:00.000Z',
  paid_at: null,
  confirmed_at: null,
  ended_at: null,
  lines: [
    { product_id: 1, name: 'Tas Ransel', unit_price: 150_000, quantity: 2 },
    { product_id: 2, name: 'Kopi Susu', unit_price: 18_000, quantity: 1 },
  ],
  ...change,
})

test('a message says what was ordered, what it costs and what comes next, and says it in its text alone', () => {
  const { subject, text } = renderMessage('order.paid', order(), sari, shop)
  expect(subject).toBe('Pesanan #12 sudah dibayar · Toko Sari')
  expect(text).toBe(`Halo Sari,

Pembayaran Anda sudah kami terima dan barangnya sudah disisihkan untuk Anda.

Toko akan mengonfirmasi pesanan ini. Setelah itu kami kirim kabar lagi; Anda tidak perlu melakukan apa-apa.

Pesanan #12
  2 × Tas Ransel @ Rp 150.000 = Rp 300.000
  1 × Kopi Susu = Rp 18.000
  Total: Rp 318.000

Lihat pesanan: https://toko.example.com/pesanan/12

Salam hangat,
Toko Sari

--${' '}
Pesan ini dikirim otomatis karena ada pesanan di Toko Sari dengan alamat e-mail ini.
`)
})

test.each(['id', 'en'] as const)('the text and the page say the same, in %s', (language) => {
  for (const type of messageTypes) {
    const shortages = [{ product_id: 1, requested: 2, available: 1 }]
    const { text, html } = renderMessage(type, order({ shortages }), { name: 'Sari', language }, shop)
    const page = html
      .replaceAll(/<title>.*<\/title>|<h1.*<\/h1>|<[^>]+>/g, '\n')
      .replaceAll('&#39;', "'")
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    for (const line of page.filter((part) => part !== 'Toko Sari')) expect(text).toContain(line)
    expect(html).toContain(`<html lang="${language}">`)
    expect(html).toContain('https://toko.example.com/pesanan/12')
  }
})

test.each<[MessageType, Partial<Order>, string[], string[]]>([
  [
    'order.rejected',
    { reason: 'insufficient-stock', shortages: [{ product_id: 1, requested: 2, available: 1 }] },
    ['Tas Ransel: you asked for 2, there are 1', 'Nothing has been paid', '2 × Tas Ransel\n'],
    ['Rp'],
  ],
  [
    'order.rejected',
    { reason: 'product-not-found', lines: [{ product_id: 5, name: '', unit_price: 0, quantity: 1 }] },
    ['not sold any more', '1 × Product #5'],
    ['Rp'],
  ],
  ['order.rejected', { reason: 'rejected-by-staff' }, ['cannot fulfill your order'], []],
  ['order.confirmed', {}, ['has confirmed your order', 'Total: Rp 318.000'], []],
  ['order.expired', {}, ['not paid in time', 'Money that comes late is always given back'], []],
  [
    'order.canceled',
    { paid_by_payment_id: 3 },
    ['You get back all the money that you paid'],
    ['Nothing has been paid'],
  ],
  ['order.canceled', {}, ['Nothing has been paid'], ['get back']],
])('%s with %j says what follows from it', (type, change, said, unsaid) => {
  const { text } = renderMessage(type, order(change), { name: 'Sari', language: 'en' }, shop)
  for (const words of said) expect(text).toContain(words)
  for (const words of unsaid) expect(text).not.toContain(words)
})

test('names can neither run in the page nor begin another line', () => {
  const evil = `<script>alert("1")</script> ' & \r\nBcc: x@example.com\u2028\u202E`
  const lines = [{ product_id: 1, name: evil, unit_price: 1, quantity: 1 }]
  const shortages = [{ product_id: 1, requested: 2, available: 1 }]
  for (const type of messageTypes) {
    const { subject, text, html } = renderMessage(
      type,
      order({ lines, shortages }),
      { name: evil, language: 'en' },
      { name: evil, url: 'https://toko.example.com' },
    )
    expect(html).not.toMatch(/<script/i)
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &#39; &amp; Bcc')
    expect(subject).not.toMatch(/[\r\n\u2028\u202E]/)
    expect(text).not.toMatch(/^Bcc|[\r\u2028\u202E]/m)
  }
})

test.each([
  ['Ibu Sari Wulandari, S.Kom', 'Hello Ibu Sari Wulandari, S.Kom,'],
  ['  Budi\n', 'Hello Budi,'],
  ['You won! https://evil.example', 'Hello,'],
  ['Visit evil.com now', 'Hello,'],
  ['a'.repeat(61), 'Hello,'],
  ['\u202E', 'Hello,'],
])('who is called %j is greeted %j', (name, greeting) => {
  expect(renderMessage('order.paid', order(), { name, language: 'en' }, shop).text.split('\n')[0]).toBe(greeting)
})

test.each([
  ['550 5.1.1 <sari.w@example.com>: no such user', '550 5.1.1 <s***@example.com>: no such user'],
  ['s@a.id, "b@c.id"', 's***@a.id, "b***@c.id"'],
  ['250 OK', '250 OK'],
])('%j is shown as %j', (said, shown) => {
  expect(maskAddresses(said)).toBe(shown)
})
