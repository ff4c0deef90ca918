import { request } from 'node:http'

export type RawAnswer = { status: number; headers: Record<string, string | string[] | undefined>; text: string }

export type RawRequest = {
  method: string
  /** A path that is sent as it is given. That of the address loses its dots on the way. */
  path?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** The address to come from. On Linux all of 127.0.0.0/8 are addresses of this machine. */
  localAddress?: string
}

/** Sends exactly what is given, which `fetch` would not: any Host, any Origin, any bytes as a body, from any address. */
export function rawRequest(url: string, { body, ...options }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
      answer.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
