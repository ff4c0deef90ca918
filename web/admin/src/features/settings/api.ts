import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import type { PaymentWindows, PaymentWindowsChange } from '@kakilima/contracts/order/payment-windows'
import type { BankAccounts } from '@kakilima/contracts/payment-methods'
import type { Shop, ShopChange } from '@kakilima/contracts/shop'
import { call, read, write } from '../../desk-api.ts'

const logoPatienceMs = 60_000

export function readShop(signal: AbortSignal): Promise<Shop> {
  return read('/shop', { signal })
}

export function changeShop(change: ShopChange): Promise<Shop> {
  return write('PUT', '/shop', change)
}

export function setLogo(file: File): Promise<Shop> {
  return write('PUT', '/shop/logo', file, { timeoutMs: logoPatienceMs })
}

export function removeLogo(): Promise<Shop> {
  return write('DELETE', '/shop/logo')
}

export function readWindows(signal: AbortSignal): Promise<PaymentWindows> {
  return call(orderEndpoints.readPaymentWindows, { signal })
}

export function changeWindows(change: PaymentWindowsChange): Promise<PaymentWindows> {
  return call(orderEndpoints.changePaymentWindows, { body: change })
}

export function readBankAccounts(signal: AbortSignal): Promise<BankAccounts> {
  return read('/bank-accounts', { signal })
}

export function changeBankAccounts(accounts: BankAccounts): Promise<BankAccounts> {
  return write('PUT', '/bank-accounts', accounts)
}
