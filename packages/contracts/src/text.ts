import Type from 'typebox'

// PostgreSQL stores no NUL, so no text on the wire may hold one.
const withoutNul = '^[^\\u0000]*$'

/** Free text of at most `maxLength` characters. */
export function text(maxLength: number) {
  return Type.String({ maxLength, pattern: withoutNul })
}

/**
 * A name of 1 to 200 characters after trimming. The schema looks at the trimmed part; code that stores a name trims it.
 * The outer limit keeps the work of the pattern small.
 */
export const Name = Type.String({
  minLength: 1,
  maxLength: 1000,
  pattern: '^\\s*[^\\s\\u0000](?:[^\\u0000]{0,198}[^\\s\\u0000])?\\s*$',
  description: '1 to 200 characters after trimming',
})

/** ISO 8601 in UTC with `Z`, as every time on the wire. */
export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-11-22T08:00:00.000Z'] })
