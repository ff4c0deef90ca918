import Type from 'typebox'

/** The schema or `null`, for fields that are always there and may be empty. */
export function nullable<T extends Type.TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}
