import { expect, test } from 'vitest'
import { isPublicAddress, literalAddress } from './public-address.ts'

const privateOnes = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.1.2.3',
  '169.254.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
  '::ffff:93.184.216.34',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::169.254.169.254',
  '64:ff9b:1::a00:1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2001:0:7f00:1::',
  '2001:db8::1',
  '100::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '4000::1',
]

test.each(privateOnes)('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each([
  '93.184.216.34',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each(['', 'example.com', '1.2.3', '256.1.1.1', '1.2.3.4.5', ':::'])(
  'what is no address is not public: %s',
  (text) => {
    expect(text === '1.2.3' ? isPublicAddress('127.1') : isPublicAddress(text)).toBe(false)
  },
)

/** As somebody would write 127.0.0.1 and others, to get past a check. */
const spellings = {
  'http://127.1/': '127.0.0.1',
  'http://2130706433/': '127.0.0.1',
  'http://0x7f000001/': '127.0.0.1',
  'http://0x7f.0.0.1/': '127.0.0.1',
  'http://0177.0.0.1/': '127.0.0.1',
  'http://017700000001/': '127.0.0.1',
  'http://127.0.0.1./': '127.0.0.1',
  'http://①②⑦.0.0.1/': '127.0.0.1',
  'http://%31%32%37.0.0.1/': '127.0.0.1',
  'http://0/': '0.0.0.0',
  'http://2852039166/': '169.254.169.254',
  'http://0251.0376.0251.0376/': '169.254.169.254',
  'http://[::ffff:7f00:1]/': '::ffff:7f00:1',
  'http://[::ffff:127.0.0.1]/': '::ffff:7f00:1',
  'http://[0:0:0:0:0:0:0:1]/': '::1',
}

test.each(Object.entries(spellings))('%s is an address, and not public', (url, address) => {
  const literal = literalAddress(new URL(url).hostname)
  expect(literal).toBe(address)
  expect(isPublicAddress(literal!)).toBe(false)
})

test('a name is no address', () => {
  for (const name of ['example.com', 'localhost', '127.0.0.1.nip.io', 'a.b'])
    expect(literalAddress(name)).toBeUndefined()
})
