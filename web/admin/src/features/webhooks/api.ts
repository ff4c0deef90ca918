import type {
  Delivery,
  DeliveryDetail,
  NewSecret,
  NewSubscription,
  Subscription,
  SubscriptionChange,
  SubscriptionInput,
} from '@kakilima/contracts/webhooks'
import { queryOf, read, write } from '../../desk-api.ts'

const base = '/webhooks'
const pageSize = 100

export function listSubscriptions(signal: AbortSignal): Promise<Subscription[]> {
  return read(`${base}/subscriptions`, { signal })
}

export function readSubscription(id: number, signal: AbortSignal): Promise<Subscription> {
  return read(`${base}/subscriptions/${id}`, { signal })
}

export function createSubscription(input: SubscriptionInput): Promise<NewSubscription> {
  return write('POST', `${base}/subscriptions`, input)
}

export function changeSubscription(id: number, change: SubscriptionChange): Promise<Subscription> {
  return write('PUT', `${base}/subscriptions/${id}`, change)
}

export function deleteSubscription(id: number): Promise<unknown> {
  return write('DELETE', `${base}/subscriptions/${id}`)
}

export function renewSecret(id: number): Promise<NewSecret> {
  return write('POST', `${base}/subscriptions/${id}/secret`)
}

export function syncProducts(id: number): Promise<Subscription> {
  return write('POST', `${base}/subscriptions/${id}/sync`)
}

/** Sends again what was given up for a receiver. Returns how many deliveries wait again. */
export async function resendParked(id: number): Promise<number> {
  const { resent } = await write<{ resent: number }>('POST', `${base}/subscriptions/${id}/resend`, { state: 'parked' })
  return resent
}

export function deliveriesPath(filters: { subscriptionId?: number | undefined; state: string; type: string }): string {
  const { subscriptionId, state, type } = filters
  return `${base}/deliveries${queryOf({ limit: pageSize, subscription_id: subscriptionId, state, event_type: type })}`
}

export function readDelivery(id: number, signal: AbortSignal): Promise<DeliveryDetail> {
  return read(`${base}/deliveries/${id}`, { signal })
}

export function resendDelivery(id: number): Promise<Delivery> {
  return write('POST', `${base}/deliveries/${id}/resend`)
}
