import { expect, test } from 'vitest'
import { senderOf, smtpServerOf } from './mail-settings.ts'

test.each([
  ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, isSecure: false, credentials: null }],
  ['smtp://[::1]:25/', { host: '::1', port: 25, isSecure: false, credentials: null }],
  [
    'smtps://toko%40example.com:p%40ss%3Aw%2Frd@mail.example.com',
    {
      host: 'mail.example.com',
      port: 465,
      isSecure: true,
      credentials: { user: 'toko@example.com', pass: 'p@ss:w/rd' },
    },
  ],
])('%s is a mail server', (address, server) => {
  expect(smtpServerOf(address)).toEqual(server)
})

test.each([
  [undefined, { name: 'Warung', address: 'no-reply@localhost' }],
  ['toko@example.com', { name: 'Warung', address: 'toko@example.com' }],
  ['Toko Sari <toko@example.com>', { name: 'Toko Sari', address: 'toko@example.com' }],
  ['"Sari, Toko" <toko@example.com>', { name: 'Sari, Toko', address: 'toko@example.com' }],
  ['<toko@example.com>', { name: 'Warung', address: 'toko@example.com' }],
])('e-mail from %j comes from %j', (MAIL_FROM, sender) => {
  expect(senderOf({ SHOP_NAME: 'Warung', ...(MAIL_FROM !== undefined && { MAIL_FROM }) })).toEqual(sender)
})
