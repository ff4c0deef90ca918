/** The token in a message `{"token": "…"}`, or undefined where the message is anything else. */
export function readToken(message: string): string | undefined {
  const parsed = parse(message)
  if (typeof parsed !== 'object' || parsed === null || !('token' in parsed)) return undefined
  return typeof parsed.token === 'string' ? parsed.token : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
