import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createTransport } from 'nodemailer'
import { emailOf, mailOf, type Sender } from './mail.ts'
import type { MessageChannel } from './message.ts'

/** Writes each e-mail to a file `.eml`, which any mail program opens. The same message overwrites its file. */
export function mailToFiles(folder: string, from: Sender): MessageChannel {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  return {
    url: pathToFileURL(resolve(folder)).href,
    mostInFlight: 4,
    addressOf: emailOf,
    async send(message) {
      const { message: content } = await transport.sendMail(mailOf(message, from))
      await mkdir(folder, { recursive: true })
      const file = join(folder, `${message.id}.eml`)
      // Beside it first: whoever watches the folder finds whole messages only. They are personal.
      await writeFile(`${file}.part`, content as Buffer, { mode: 0o600 })
      await rename(`${file}.part`, file)
      return { status: null, answer: `${message.id}.eml` }
    },
    close: async () => transport.close(),
  }
}
