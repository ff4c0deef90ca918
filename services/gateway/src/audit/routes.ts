import { MessageReply } from '@kakilima/contracts/lists'
import { problem } from '@kakilima/contracts/problems'
import { AuditReport } from '@kakilima/contracts/system'
import type { Server } from '@kakilima/kit/server'
import type { GatewayDeps } from '../app.ts'
import { readReport } from './read-report.ts'

export function auditRoutes(app: Server, { config, startAudit }: GatewayDeps): void {
  app.get(
    '/api/v1/audit',
    { schema: { summary: 'What the auditor found when it last looked', response: { 200: AuditReport } } },
    async () => readReport(config.AUDIT_FILE),
  )

  app.post(
    '/api/v1/audit',
    { schema: { summary: 'Run the auditor now, unless it is at work', response: { 202: MessageReply } } },
    async (_request, reply) => {
      if (startAudit === undefined)
        throw problem('audit-elsewhere', 'The auditor is run by `kakilima audit` where the databases are')
      startAudit()
      return reply.code(202).send({ message: 'The auditor is at work' })
    },
  )
}
