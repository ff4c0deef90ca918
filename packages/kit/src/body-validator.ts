import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { TSchema } from 'typebox'

/** What is wrong with one part of a value, in the words of JSON Schema: `/price`, `maximum`, `must be <= 1000`. */
export type Fault = { path: string; keyword: string; message: string }

/** Bodies are judged as they are: "1" is no number. Path and query are text, so they are read as what the schema says. */
export function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ coerceTypes, useDefaults: true, removeAdditional: false, allErrors: false, strict: false })
  addFormats.default(ajv)
  return ajv
}

/** Judges what did not come as the body of a request as if it had. Returns the first fault, or undefined for a value that fits. */
export function bodyValidator(schema: TSchema): (value: unknown) => Fault | undefined {
  const validate = createAjv(false).compile(schema)
  return (value) => {
    if (validate(value)) return undefined
    const { instancePath, keyword, message = 'does not fit', params } = validate.errors![0]!
    const missing = 'missingProperty' in params ? `/${String(params.missingProperty)}` : ''
    return { path: instancePath + missing, keyword, message }
  }
}
