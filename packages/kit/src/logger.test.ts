import pg from 'pg'
import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

test('an error of the database is logged without the row that it quotes', () => {
  const lines: string[] = []
  const logger = createLogger('user', 'info', { write: (line) => void lines.push(line) })
  const error = new pg.DatabaseError('new row violates check constraint', 0, 'error')
  error.detail = 'Failing row contains (1, Sari, 081234567890)'
  error.where = 'Sari'
  logger.error({ err: new Error('saving failed', { cause: error }) }, 'unexpected failure')
  logger.error({ err: error }, 'unexpected failure')
  expect(lines).toHaveLength(2)
  expect(lines.join()).toContain('violates check constraint')
  expect(lines.join()).toContain('"service":"user"')
  expect(lines.join()).not.toContain('Sari')
})
