import Type from 'typebox'

/** An integer number of rupiah. Never a float, never times 100. */
export const Rupiah = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** The price of one unit. */
export const Price = Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 })

/** The largest total an order may have. Above it a sum of lines would leave JavaScript's exact integers. */
export const maxTotal = 9_000_000_000_000_000

/** `Rp250.000`, as prices are written in Indonesia. */
export function formatRupiah(amount: number): string {
  return `Rp${amount.toLocaleString('id-ID')}`
}
