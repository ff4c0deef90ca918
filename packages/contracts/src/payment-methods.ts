import Type, { type Static } from 'typebox'
import { nullable } from './nullable.ts'
import { PaymentMethod } from './payment.ts'
import { text } from './text.ts'

/** Words on one line, with something else in them than spaces. */
const line = (longest: number) =>
  Type.String({
    ...text(longest),
    minLength: 1,
    pattern: '^[^\\u0000-\\u001f]*[^\\s\\u0000-\\u001f][^\\u0000-\\u001f]*$',
  })

/** An account of the shop that customers transfer money to. */
export const BankAccount = Type.Object({
  bank: { ...line(60), examples: ['BCA'] },
  number: Type.String({
    pattern: '^\\s*\\d(?:[\\d .-]{0,38}\\d)?\\s*$',
    maxLength: 60,
    description: 'digits, with spaces, dots or dashes between them if wanted',
    examples: ['123 456 7890'],
  }),
  holder: { ...line(100), description: 'whose account it is, as the bank writes it', examples: ['Sari Wulandari'] },
})
export type BankAccount = Static<typeof BankAccount>

/** All accounts of the shop, in the order in which customers see them. */
export const BankAccounts = Type.Object({ accounts: Type.Array(BankAccount, { maxItems: 10 }) })
export type BankAccounts = Static<typeof BankAccounts>

/** Who may say that the money has arrived. `payer` is there with the simulator alone. */
const PaymentConfirmer = Type.Enum(['payer', 'staff', 'provider'])

/** A way to pay in this shop. */
export const PaymentMethodOnOffer = Type.Object({
  payment_method: PaymentMethod,
  confirmed_by: Type.Array(PaymentConfirmer, { minItems: 1 }),
  is_offered: Type.Boolean({
    description: 'whether customers can pay by it now: nobody can transfer to a shop that names no account',
  }),
  bank_accounts: Type.Array(BankAccount, { description: 'where to transfer to; empty for other methods' }),
})
export type PaymentMethodOnOffer = Static<typeof PaymentMethodOnOffer>

/** The same with the time that customers have. */
export const ShopPaymentMethod = Type.Object({
  ...PaymentMethodOnOffer.properties,
  window_seconds: nullable(
    Type.Number({ description: 'from the moment the stock was reserved; null: there is no deadline' }),
  ),
})
export type ShopPaymentMethod = Static<typeof ShopPaymentMethod>
