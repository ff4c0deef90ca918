type Words = { [key: string]: string | Words }
/** The same keys, whatever the texts are. */
type SameKeys<T> = { [Key in keyof T]: T[Key] extends string ? string : SameKeys<T[Key]> }

/** Words in Indonesian and English: a text that is missing in one of them does not compile. */
export function bothLanguages<const Indonesian extends Words>(both: { id: Indonesian; en: SameKeys<Indonesian> }) {
  return both
}
