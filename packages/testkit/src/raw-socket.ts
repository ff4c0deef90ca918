import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { RawAnswer } from './raw-request.ts'

export type RawSocket = {
  /** Sends exactly this. */
  write: (text: string) => void
  /** The next answer, which must say how long it is. Rejects where the connection ends before it has come. */
  answer: () => Promise<RawAnswer>
  /** Resolves once the other side has closed the connection, with what it sent beyond the answers that were read. */
  closed: Promise<string>
}

/** A connection that speaks HTTP letter by letter, as no client library would. */
export async function openRawSocket(port: number): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  let look = () => {}
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
    look()
  })
  // A connection that breaks is closed as well, and that is what is waited for.
  socket.on('error', () => undefined)
  const ended = once(socket, 'close')

  async function answer(): Promise<RawAnswer> {
    const found = new Promise<RawAnswer>((resolve) => {
      look = () => {
        const read = takeAnswer(text)
        if (read === undefined) return
        look = () => {}
        text = read.rest
        resolve(read.answer)
      }
      look()
    })
    const early = ended.then(() => {
      throw new Error(`the connection ended after ${JSON.stringify(text)}`)
    })
    return Promise.race([found, early])
  }

  return { write: (given) => void socket.write(given), answer, closed: closedBy(socket, ended).then(() => text) }
}

async function closedBy(socket: Socket, ended: Promise<unknown>): Promise<void> {
  await ended
  socket.destroy()
}

function takeAnswer(text: string): { answer: RawAnswer; rest: string } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const body = text.slice(end + 4)
  const length = Number(headers['content-length'] ?? 0)
  if (body.length < length) return undefined
  const status = Number(statusLine.split(' ')[1])
  return { answer: { status, headers, text: body.slice(0, length) }, rest: body.slice(length) }
}
