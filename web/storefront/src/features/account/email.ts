/** Whether a text looks like an e-mail address; the shop judges it for good. */
export function isEmail(text: string): boolean {
  return /^\S+@[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(text.trim())
}
