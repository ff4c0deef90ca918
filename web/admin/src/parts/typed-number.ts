const grouped = new Intl.NumberFormat('id-ID')

/** A whole number as Indonesians write it: `150.000`. */
export function writeNumber(value: number): string {
  return grouped.format(value)
}

/** The whole number that was typed, with or without separators; undefined where nothing was, or more than can be exact. */
export function readNumber(text: string): number | undefined {
  const digits = text.replaceAll(/\D/g, '')
  const value = Number(digits)
  return digits === '' || !Number.isSafeInteger(value) ? undefined : value
}

/** Sets the separators of what is being typed and leaves the caret behind the digit where it was. Returns the text. */
export function keepGrouped(input: HTMLInputElement): string {
  const digitsBefore = input.value.slice(0, input.selectionStart ?? input.value.length).replaceAll(/\D/g, '').length
  const value = readNumber(input.value)
  input.value = value === undefined ? '' : writeNumber(value)
  let caret = 0
  for (let digits = 0; caret < input.value.length && digits < digitsBefore; caret++)
    if (/\d/.test(input.value[caret]!)) digits++
  input.setSelectionRange(caret, caret)
  return input.value
}
