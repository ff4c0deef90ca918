/** Types of events by the word before their dot, in the order in which they come. */
export function familiesOf(types: readonly string[]): { family: string; types: string[] }[] {
  return [...Map.groupBy(types, familyOf)].map(([family, own]) => ({ family, types: own }))
}

function familyOf(type: string): string {
  return type.split('.', 1)[0]!
}

/** Whether what is asked for holds a type: by its name, its family or all of them. */
export function isAsked(asked: readonly string[], type: string): boolean {
  return asked.includes('*') || asked.includes(`${familyOf(type)}.*`) || asked.includes(type)
}

/** What is asked for after a type is taken in or out. A family whose types are all chosen one by one stays as they are. */
export function withType(asked: readonly string[], type: string, isOn: boolean, all: readonly string[]): string[] {
  const others = all.filter((other) => other !== type && isAsked(asked, other))
  if (isOn) return [...asked, type]
  // Whoever takes one out of a family no longer asks for the family.
  const kept = asked.filter((pattern) => pattern.endsWith('.*') && familyOf(pattern) !== familyOf(type))
  return [...kept, ...others.filter((other) => !isAsked(kept, other))]
}

/** What is asked for after a whole family is taken in or out. */
export function withFamily(asked: readonly string[], family: string, isOn: boolean): string[] {
  const others = asked.filter((pattern) => familyOf(pattern) !== family)
  return isOn ? [...others, `${family}.*`] : others
}
