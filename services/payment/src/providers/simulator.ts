import type { PaymentMethod } from '@kakilima/contracts/payment'
import type { PaymentProvider } from './provider.ts'

const prefixes: Record<PaymentMethod, string> = {
  CASH: 'SIM-CASH',
  VIRTUAL_ACCOUNT: '8808',
  QRIS: 'SIM-QRIS',
  EWALLET: 'SIM-EWALLET',
  BANK_TRANSFER: 'SIM-TRANSFER',
}

/** Takes no money: whoever pays says so by confirming. For trying things out; production refuses to start with it. */
export const simulator: PaymentProvider = {
  name: 'simulator',
  methods: ['QRIS', 'VIRTUAL_ACCOUNT', 'EWALLET', 'BANK_TRANSFER', 'CASH'],
  confirmedBy: ['payer', 'staff'],
  start: async ({ order_id, amount, payment_method }) => ({
    reference:
      payment_method === 'VIRTUAL_ACCOUNT'
        ? prefixes.VIRTUAL_ACCOUNT + String(order_id).padStart(12, '0')
        : `${prefixes[payment_method]}-${order_id}-${amount}`,
  }),
}
