import type { OrderClient } from '@kakilima/contracts/order/endpoints'
import type { ShopPaymentMethod } from '@kakilima/contracts/payment-methods'
import type { PaymentDeskClient } from '@kakilima/contracts/shop-clients'

export type PaymentMethods = {
  /** How one can pay in this shop, as it was a few seconds ago at most. Throws what asking for it throws. */
  list: () => Promise<ShopPaymentMethod[]>
  /** Forgets what is known, after a change that was made through this gateway. */
  forget: () => void
}

const keptMs = 3000

/**
 * Asks the payment service how one can pay, and the order service for how long, and keeps that for some seconds: in a flash sale every
 * buyer wants to know. All who ask meanwhile wait for one answer.
 */
export function watchPaymentMethods(
  payments: Pick<PaymentDeskClient, 'methods'>,
  orders: Pick<OrderClient, 'readPaymentWindows'>,
): PaymentMethods {
  let asked: Promise<ShopPaymentMethod[]> | undefined
  let asksAgainAt = 0

  async function ask(): Promise<ShopPaymentMethod[]> {
    const [methods, windows] = await Promise.all([payments.methods(), orders.readPaymentWindows()])
    const seconds = new Map(windows.methods.map((method) => [method.payment_method, method.seconds]))
    // 0 is how a window without an end is set.
    return methods.map((method) => ({ ...method, window_seconds: seconds.get(method.payment_method) || null }))
  }

  function forget(): void {
    asked = undefined
  }

  return {
    list() {
      if (asked === undefined || performance.now() >= asksAgainAt) {
        asksAgainAt = performance.now() + keptMs
        const asking = ask()
        asked = asking
        // A failure is not kept: the next who asks may be luckier.
        asking.catch(() => {
          if (asked === asking) forget()
        })
      }
      return asked
    },
    forget,
  }
}
