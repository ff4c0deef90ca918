import type { PaymentMethod, PaymentState } from '@kakilima/contracts/payment'
import type { BankAccount } from '@kakilima/contracts/payment-methods'
import type { AuditLogTable } from '@kakilima/kit/audit-log'
import type { OutboxTable } from '@kakilima/kit/outbox'
import type { Generated } from 'kysely'

export type PaymentTables = {
  payments: {
    id: Generated<number>
    order_id: number
    user_id: number
    amount: number
    payment_method: PaymentMethod
    state: Generated<PaymentState>
    reason: string | null
    provider: string
    reference: string
    receipt: string | null
    refund_reference: string | null
    version: Generated<number>
    created_at: Generated<string>
    completed_at: string | null
    refund_due_at: string | null
    refunded_at: string | null
    expires_at: string | null
    updated_at: Generated<string>
  }
  bank_accounts: { id: Generated<number>; accounts: BankAccount[]; updated_at: Generated<string> }
  outbox: OutboxTable
  audit_log: AuditLogTable
}
