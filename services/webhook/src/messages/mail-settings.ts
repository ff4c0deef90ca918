import { Email } from '@kakilima/contracts/account'
import { Check } from 'typebox/value'
import type { Sender } from './mail.ts'
import type { SmtpServer } from './mail-by-smtp.ts'

/** The settings that say how e-mail is sent. */
export type MailSettings = { NODE_ENV: string; SHOP_NAME: string; SMTP_URL?: string; MAIL_FROM?: string }

/** The mail server in an address like `smtp://user:password@mail.example.com:587`, or undefined where it is none. */
export function smtpServerOf(address: string): SmtpServer | undefined {
  if (!/^smtps?:\/\//.test(address) || !URL.canParse(address)) return undefined
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(address)
  if (hostname === '' || !['', '/'].includes(pathname) || search !== '' || hash !== '') return undefined
  if ((username === '') !== (password === '')) return undefined
  const isSecure = protocol === 'smtps:'
  try {
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (isSecure ? 465 : 587) : Number(port),
      isSecure,
      credentials: username === '' ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }
  } catch (error) {
    // A `%` that stands for nothing.
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** Who e-mail comes from: `Toko Sari <toko@example.com>` or an address, or undefined where that is neither. */
export function senderOf({ MAIL_FROM, SHOP_NAME }: Pick<MailSettings, 'MAIL_FROM' | 'SHOP_NAME'>): Sender | undefined {
  if (MAIL_FROM === undefined) return { name: SHOP_NAME, address: 'no-reply@localhost' }
  const [, name = '', named, bare] = /^\s*(?:([^<>\p{Cc}]*)<([^<>]+)>|([^<>\s]+))\s*$/u.exec(MAIL_FROM) ?? []
  const address = (named ?? bare ?? '').trim()
  if (!Check(Email, address)) return undefined
  return { name: name.trim().replace(/^"(.*)"$/, '$1') || SHOP_NAME, address }
}

// The values themselves are never told: there may be a password in them.

export function smtpFaults({ SMTP_URL }: MailSettings): string[] {
  if (SMTP_URL === undefined || smtpServerOf(SMTP_URL) !== undefined) return []
  return ['SMTP_URL is not an address like smtp://user:password@mail.example.com:587 or smtps://mail.example.com.']
}

export function senderFaults(settings: MailSettings): string[] {
  if (senderOf(settings) === undefined)
    return ['MAIL_FROM is not an address like toko@example.com or Toko Sari <toko@example.com>.']
  const { NODE_ENV, SMTP_URL, MAIL_FROM } = settings
  if (NODE_ENV !== 'production' || SMTP_URL === undefined || MAIL_FROM !== undefined) return []
  return ['MAIL_FROM is missing, and SMTP_URL is set: name the address that customers get e-mail from.']
}
