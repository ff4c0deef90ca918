import { createTransport } from 'nodemailer'
import { ChannelError, type Message, type MessageChannel, type Receipt } from './message.ts'
import { emailOf, mailOf, type Sender } from './mail.ts'

/** A mail server as `SMTP_URL` names it. */
export type SmtpServer = {
  host: string
  port: number
  /** TLS from the first byte, as `smtps:` says. */
  isSecure: boolean
  credentials: { user: string; pass: string } | null
}

/** What mail servers grant one customer without a thought. */
const connections = 4

/** What the library tells of a failure. */
type SmtpError = Error & { permanent?: boolean; responseCode?: number; response?: string; command?: string }

/** Sends e-mail by a mail server, over a few connections that stay open. */
export function mailBySmtp(server: SmtpServer, from: Sender, timeoutMs: number): MessageChannel {
  const { host, port, isSecure, credentials } = server
  // A password is shown to a server only that proves who it is, over TLS. Without one TLS is taken where it is offered, as between mail
  // servers, whose certificates are seldom right.
  const mustProve = isSecure || (credentials !== null && !isLoopback(host))
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: isSecure,
    requireTLS: mustProve && !isSecure,
    tls: { rejectUnauthorized: mustProve },
    ...(credentials !== null && { auth: credentials }),
    maxConnections: connections,
    // A message whose connection broke may have arrived. Whether and when it is tried again is decided where that is noted.
    maxRequeues: 0,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  })

  async function send(message: Message, signal: AbortSignal): Promise<Receipt> {
    try {
      const { response } = await transport.sendMail({ ...mailOf(message, from), signal })
      return receiptOf(Number.parseInt(response, 10), response)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const { message: sentence, permanent, command, responseCode, response } = error as SmtpError
      if (responseCode === undefined) throw error
      // A sender or a password that is refused is the shop's own fault, and will be mended: only what is said of this message is final.
      const isFinal = permanent === true && ['RCPT TO', 'DATA'].includes(command ?? '')
      throw new ChannelError(sentence, isFinal, receiptOf(responseCode, response ?? null))
    }
  }

  return {
    url: `${isSecure ? 'smtps' : 'smtp'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    mostInFlight: connections,
    addressOf: emailOf,
    send,
    close: async () => transport.close({ force: true }),
  }
}

function receiptOf(status: number, answer: string | null): Receipt {
  return { status: Number.isNaN(status) ? null : status, answer }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
