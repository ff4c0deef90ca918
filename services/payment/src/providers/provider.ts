import type { PaymentMethod } from '@kakilima/contracts/payment'

/** Somebody who takes money. A new one implements this and is listed in `providers.ts`. */
export type PaymentProvider = {
  name: string
  methods: readonly PaymentMethod[]
  /**
   * Whether the payer's own word completes a payment, as only a simulator may believe. Otherwise staff (cash, bank transfer) or the
   * provider say that the money has arrived.
   */
  payerConfirms: boolean
  /** Begins a payment. Returns what the payer needs: the text of a QR code, an account number. */
  start: (payment: {
    order_id: number
    amount: number
    payment_method: PaymentMethod
  }) => Promise<{ reference: string }>
}
