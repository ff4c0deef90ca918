import { invariant } from '@kakilima/contracts/invariant'
import type { Logger } from '@kakilima/kit/logger'
import type { WebhookConfig } from '../config.ts'
import { mailBySmtp } from './mail-by-smtp.ts'
import { senderOf, smtpServerOf } from './mail-settings.ts'
import { mailToFiles } from './mail-to-files.ts'
import type { MessageChannel } from './message.ts'

/** The way e-mail to customers takes: the mail server that the settings name, or files. */
export function openMail(config: WebhookConfig, logger: Logger): MessageChannel {
  const from = senderOf(config)
  invariant(from !== undefined, 'settings that were read have a sender')
  if (config.SMTP_URL === undefined) {
    if (config.NODE_ENV === 'production')
      logger.warn(
        { folder: config.MAIL_FOLDER },
        'customers get no e-mail: SMTP_URL is not set, so it is written to files',
      )
    return mailToFiles(config.MAIL_FOLDER, from)
  }
  const server = smtpServerOf(config.SMTP_URL)
  invariant(server !== undefined, 'settings that were read have a mail server')
  return mailBySmtp(server, from, config.MAIL_TIMEOUT_SECONDS * 1000)
}
