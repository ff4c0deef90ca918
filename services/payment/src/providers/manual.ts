import type { PaymentProvider } from './provider.ts'

/** Cash and bank transfers, whose arrival staff confirm. */
export const manual: PaymentProvider = {
  name: 'manual',
  methods: ['BANK_TRANSFER', 'CASH'],
  confirmedBy: ['staff'],
  // The shop's customers name their order on the transfer.
  start: async ({ order_id }) => ({ reference: `ORDER-${order_id}` }),
}
