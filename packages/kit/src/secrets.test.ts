import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { secretFaults } from './secrets.ts'

test.each([
  ['x'.repeat(32), 'has too little variety'],
  ['ab'.repeat(20), 'has too little variety'],
  ['0123456789'.repeat(4).slice(0, 32), 'has too little variety'],
  ['abcdefghijklmnopqrstuvwxyz012345', 'has too little variety'],
  ['zyxwvutsrqponmlkjihgfedcba987654', 'has too little variety'],
  ['Vq3xZ8mTn5wLc2RkVq3xZ8mTn5wLc2Rk', 'has too little variety'],
  ['a-token-of-32-characters-or-more', 'looks like an example'],
  ['please-change-me-before-you-go-live', 'looks like an example'],
  ['my-super-secret-key-for-the-shop-1', 'looks like an example'],
  ['PASSWORD1!', 'looks like an example'],
])('%s %s, which is said without it', (secret, weakness) => {
  const faults = secretFaults('SERVICE_TOKEN', secret)
  expect(faults).toEqual([`SERVICE_TOKEN ${weakness}: make one with \`openssl rand -base64 33\`.`])
})

test('what was drawn at random, or by dice, is taken', () => {
  for (let round = 0; round < 500; round++) {
    for (const text of [randomBytes(33).toString('base64'), randomBytes(16).toString('hex')])
      expect(secretFaults('SERVICE_TOKEN', text), text).toEqual([])
  }
  expect(secretFaults('ADMIN_PASSWORD', 'kuda benar baterai staples')).toEqual([])
})
