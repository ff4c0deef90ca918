/** Whether a text is a plausible Indonesian phone number: `08…`, `8…`, `62…` or `+62…`, with any spaces and dashes in it. */
export function isPhone(text: string): boolean {
  return /^(?:\+?62|0)?8\d{7,11}$/.test(digitsOf(text))
}

/** A number as it is being typed, in groups that are easy to check: `0812-3456-7890`. What is no number yet stays as it is. */
export function formatPhone(text: string): string {
  const digits = digitsOf(text)
  const [, country = '', rest = ''] = /^(\+?62|0)?(8\d*)$/.exec(digits) ?? []
  if (rest === '') return text
  const prefix = country === '' || country === '0' ? '0' : '+62 '
  const groups = [rest.slice(0, 3), rest.slice(3, 7), rest.slice(7, 11), rest.slice(11)].filter(Boolean)
  return prefix + groups.join('-')
}

function digitsOf(text: string): string {
  return text.trim().replaceAll(/[\s().-]/g, '')
}
