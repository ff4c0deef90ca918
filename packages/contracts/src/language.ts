import Type from 'typebox'

/** The languages that the shop speaks. The first is the one of whoever said nothing. */
export const languages = ['id', 'en'] as const
export type Language = (typeof languages)[number]

export const Language = Type.Enum([...languages], { description: 'Indonesian or English' })
