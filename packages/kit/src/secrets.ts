import { createHash, timingSafeEqual } from 'node:crypto'

const leastVariety = 8
// What examples are made of. By chance none of these comes up in a secret of random letters.
const exampleWords =
  /change.?(me|this)|example|placeholder|default|secret|password|your[-_ ]|characters|(made|known)-later|qwerty|12345678/i

/** What is wrong with a secret that nobody may guess, as a sentence about the setting `name` that never says the secret itself. */
export function secretFaults(name: string, secret: string): string[] {
  const weakness = hasLittleVariety(secret)
    ? 'has too little variety'
    : exampleWords.test(secret)
      ? 'looks like an example'
      : undefined
  return weakness === undefined ? [] : [`${name} ${weakness}: make one with \`openssl rand -base64 33\`.`]
}

/** Few different characters, few different steps from one to the next (`abcdef`), or a part that is said again and again. */
function hasLittleVariety(secret: string): boolean {
  const codes = Array.from({ length: secret.length }, (_, index) => secret.charCodeAt(index))
  const steps = codes.slice(1).map((code, index) => code - codes[index]!)
  if (Math.min(new Set(codes).size, new Set(steps).size) < Math.min(leastVariety, secret.length / 2)) return true
  for (let period = 1; period <= secret.length / 2; period++)
    if (secret.slice(period) === secret.slice(0, -period)) return true
  return false
}

/** Compares texts with a secret. It takes as long for a good guess as for a bad one. */
export function comparesTo(secret: string): (given: string) => boolean {
  const expected = digest(secret)
  return (given) => timingSafeEqual(digest(given), expected)
}

// Equal lengths for the comparison in constant time.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
