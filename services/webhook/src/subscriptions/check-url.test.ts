import { expect, test } from 'vitest'
import { checkUrl } from './check-url.ts'

test.each([
  'nonsense',
  '/path',
  'ftp://example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'https://user@example.com/',
  'https://user:password@example.com/',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:7f00:1]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://10.0.0.1/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://shop.localhost/',
  'http://printer.local/',
  'http://metadata.google.internal/',
])('%s is refused', (url) => {
  expect(() => checkUrl(url, false)).toThrow(/^body\.url /)
})

test('an address is kept as it is used', () => {
  expect(checkUrl('https://EXAMPLE.com/a?b=c#d', true)).toBe('https://example.com/a?b=c')
  expect(checkUrl('http://example.com', false)).toBe('http://example.com/')
  expect(checkUrl('https://1.1.1.1:8443/', true)).toBe('https://1.1.1.1:8443/')
})

test('in production it has to be https', () => {
  expect(() => checkUrl('http://example.com/', true)).toThrow('https://')
})
