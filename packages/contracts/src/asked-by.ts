import Type, { type Static } from 'typebox'

/** Who asks for what a customer and staff can both ask for. What staff ask for stands in the audit log. */
export const AskedBy = Type.Enum(['customer', 'staff'])
export type AskedBy = Static<typeof AskedBy>
