import type { PaymentMethodOnOffer } from '@kakilima/contracts/payment-methods'
import type { Db } from '@kakilima/kit/database'
import type { PaymentTables } from '../database.ts'
import type { PaymentProvider } from '../providers/provider.ts'
import { listBankAccounts } from './bank-accounts.ts'

/** The ways to pay that the shop's provider takes, in the order in which it names them. */
export async function listPaymentMethods({
  db,
  provider,
}: {
  db: Db<PaymentTables>
  provider: PaymentProvider
}): Promise<PaymentMethodOnOffer[]> {
  const accounts = await listBankAccounts(db)
  return provider.methods.map((payment_method) => {
    const isTransfer = payment_method === 'BANK_TRANSFER'
    return {
      payment_method,
      confirmed_by: [...provider.confirmedBy],
      is_offered: !isTransfer || accounts.length > 0,
      bank_accounts: isTransfer ? accounts : [],
    }
  })
}
