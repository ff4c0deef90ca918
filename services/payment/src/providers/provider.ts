import type { PaymentMethod } from '@kakilima/contracts/payment'

/** Somebody who takes money. A new one implements this and is listed in `providers.ts`. */
export type PaymentProvider = {
  name: string
  methods: readonly PaymentMethod[]
  /** Who may say that the money has arrived. The payer's own word is believed by a simulator alone. */
  confirmedBy: readonly ('payer' | 'staff' | 'provider')[]
  /**
   * Begins a payment that is stored already. Returns what the payer needs: the text of a QR code, an account number. Asked again for the
   * same payment, after a crash, it must not begin another one.
   */
  start: (payment: {
    id: number
    order_id: number
    amount: number
    payment_method: PaymentMethod
  }) => Promise<{ reference: string }>
}
