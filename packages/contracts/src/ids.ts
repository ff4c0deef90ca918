import Type from 'typebox'

/** A row's id: a positive integer that JavaScript holds exactly. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

/** The path of one resource: `/orders/{id}`. */
export const IdPath = Type.Object({ id: Id })

/** Several ids in one query, `?ids=1,2,3`, so that a list is joined with one call and not one per row. */
export const IdsText = Type.String({ pattern: '^[1-9]\\d{0,15}(,[1-9]\\d{0,15}){0,999}$' })

/** Splits `1,2,3` as `IdsText` lets it through; ids past 2^53 fall away, since no row can have them. */
export function parseIds(text: string): number[] {
  return [...new Set(text.split(',').map(Number))].filter(Number.isSafeInteger)
}
