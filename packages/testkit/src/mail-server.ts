import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { callbackify } from 'node:util'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerAddress, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'

export type ArrivedMail = Email & { envelope: { from: string; to: string[] } }

export type MailServer = {
  /** For `SMTP_URL`. */
  url: string
  /** What it was sent in whole, whatever it answered, and what of that it took. */
  received: ArrivedMail[]
  arrived: ArrivedMail[]
  /** Set by a test to answer a receiver (`RCPT TO`) or a whole message (`DATA`) with this code. 421 and the like are temporary, 550 is not. */
  answer: (at: 'RCPT TO' | 'DATA', address: string) => Promise<number | undefined> | number | undefined
  /** Nobody listens at the address any more, and somebody listens again. */
  goDown: () => Promise<void>
  comeUp: () => Promise<void>
  stop: () => Promise<void>
}

/** An e-mail in a file `.eml`. */
export async function readMailFile(path: string): Promise<Email> {
  return PostalMime.parse(await readFile(path))
}

/** A mail server as there are many: it reads what it is sent, by another library than the one that wrote it, and keeps it. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  let port = 0
  let server: SMTPServer

  async function judge(at: 'RCPT TO' | 'DATA', address: string): Promise<void> {
    const code = await mail.answer(at, address)
    if (code !== undefined) throw Object.assign(new Error(`<${address}>: not now, or never`), { responseCode: code })
  }

  function create(): SMTPServer {
    return new SMTPServer({
      authOptional: true,
      hideSTARTTLS: true,
      disableReverseLookup: true,
      // Clients keep their connections.
      closeTimeout: 20,
      onRcptTo: callbackify(async ({ address }: SMTPServerAddress, _session: SMTPServerSession) =>
        judge('RCPT TO', address),
      ),
      onData: callbackify(take),
      ...options,
    })
  }

  async function take(
    stream: NodeJS.ReadableStream,
    { envelope: { mailFrom, rcptTo } }: SMTPServerSession,
  ): Promise<void> {
    const to = rcptTo.map(({ address }) => address)
    const envelope = { from: mailFrom === false ? '' : mailFrom.address, to }
    const email = { ...(await PostalMime.parse(await buffer(stream))), envelope }
    mail.received.push(email)
    await judge('DATA', to[0]!)
    mail.arrived.push(email)
  }

  async function listen(): Promise<void> {
    server = create()
    // A client that is killed breaks its connection, which is what is tested.
    server.on('error', () => undefined)
    const { server: socket } = server
    server.listen(port, '127.0.0.1')
    await once(socket, 'listening')
    port = (socket.address() as AddressInfo).port
  }

  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))

  const mail: MailServer = {
    url: '',
    received: [],
    arrived: [],
    answer: () => undefined,
    goDown: close,
    comeUp: listen,
    stop: close,
  }
  await listen()
  mail.url = `smtp://127.0.0.1:${port}`
  return mail
}
