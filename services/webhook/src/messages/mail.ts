import type { Contact } from '@kakilima/contracts/user'
import type { SendMailOptions } from 'nodemailer'
import type { Message } from './message.ts'

/** Who e-mail comes from. */
export type Sender = { name: string; address: string }

export function emailOf({ email }: Contact): string | null {
  return email
}

/** The `Message-ID` of a message: the same at each try, so that whoever gets it twice can tell. */
function mailIdOf({ id }: Pick<Message, 'id'>, { address }: Sender): string {
  return `<${id}@${address.slice(address.lastIndexOf('@') + 1)}>`
}

/** A message as an e-mail with its text and its HTML. The receiver's name is in no header: it was chosen by whoever registered. */
export function mailOf(message: Message, from: Sender): SendMailOptions {
  return {
    from,
    to: { name: '', address: message.to },
    subject: message.subject,
    text: message.text,
    html: message.html,
    messageId: mailIdOf(message, from),
    // Answering machines leave such a message alone.
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': message.language },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
