import { longestWindowSeconds } from '@kakilima/contracts/order/payment-windows'

export const windowUnits = ['second', 'minute', 'hour', 'day'] as const
export type WindowUnit = (typeof windowUnits)[number]
const secondsOf: Record<WindowUnit, number> = { second: 1, minute: 60, hour: 3600, day: 86_400 }

/** What a form says of one payment window: as the server says, without limit, or so many units. */
export type WindowChoice = { mode: 'server' | 'none' | 'own'; amount: string; unit: WindowUnit }

/** The largest unit that it is a whole number of: 90 minutes and not 1.5 hours. */
export function inUnits(seconds: number): { amount: number; unit: WindowUnit } {
  const unit = windowUnits.findLast((each) => seconds > 0 && seconds % secondsOf[each] === 0) ?? 'second'
  return { amount: seconds / secondsOf[unit], unit }
}

export function choiceOf(seconds: number, isOwn: boolean): WindowChoice {
  const { amount, unit } = inUnits(seconds === 0 ? 15 * 60 : seconds)
  const mode = !isOwn ? 'server' : seconds === 0 ? 'none' : 'own'
  return { mode, amount: String(amount), unit }
}

/** Seconds as the API takes them: null for as the server says, 0 for no limit. Undefined where what is filled in is no time. */
export function secondsOfChoice({ mode, amount, unit }: WindowChoice): number | null | undefined {
  if (mode === 'server') return null
  if (mode === 'none') return 0
  const seconds = Number(amount.trim().replace(',', '.')) * secondsOf[unit]
  return amount.trim() !== '' && seconds > 0 && seconds <= longestWindowSeconds ? seconds : undefined
}
