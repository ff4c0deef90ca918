import Type from 'typebox'

/** The languages that the shop speaks. The first is the one of whoever said nothing. */
export const spokenLanguages = ['id', 'en'] as const
export type Language = (typeof spokenLanguages)[number]

export const Language = Type.Enum([...spokenLanguages], { description: 'Indonesian or English' })
