import { expect, test } from 'vitest'
import { isTimeZone } from './time-zone.ts'

test.each(['Asia/Jakarta', 'asia/makassar', 'America/Argentina/Buenos_Aires', 'Etc/GMT+7', 'UTC'])(
  'F9 %s is a time zone',
  (name) => expect(isTimeZone(name)).toBe(true),
)

test.each(['GMT+7', 'XYZ+99', 'UTC+7', 'WIB-7', 'Jakarta', 'Asia/Nowhere', '+07:00', '', ' ', 'Asia/Jakarta '])(
  'F9 "%s" is none',
  (name) => expect(isTimeZone(name)).toBe(false),
)
