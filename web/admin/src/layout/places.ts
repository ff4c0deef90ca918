import {
  Activity,
  BanknoteArrowDown,
  Boxes,
  FileSpreadsheet,
  House,
  Package,
  ReceiptText,
  ScrollText,
  Settings,
  Tags,
  Users,
  UsersRound,
  Webhook,
} from '@lucide/vue'
import type { Component } from 'vue'

/** A page of the menu. `for` says who sees it there; the API decides what it shows. `keys` open it from anywhere. */
export type Place = {
  name: string
  icon: Component
  for: 'readers' | 'staff' | 'admins'
  keys?: string
}

export const groups: { name: 'desk' | 'goods' | 'shop'; places: Place[] }[] = [
  {
    name: 'desk',
    places: [
      { name: 'home', icon: House, for: 'readers', keys: 'g h' },
      { name: 'orders', icon: ReceiptText, for: 'readers', keys: 'g o' },
      { name: 'refunds', icon: BanknoteArrowDown, for: 'readers', keys: 'g r' },
      { name: 'customers', icon: UsersRound, for: 'readers', keys: 'g c' },
    ],
  },
  {
    name: 'goods',
    places: [
      { name: 'products', icon: Package, for: 'readers', keys: 'g p' },
      { name: 'stock', icon: Boxes, for: 'readers', keys: 'g s' },
      { name: 'categories', icon: Tags, for: 'readers' },
      { name: 'import', icon: FileSpreadsheet, for: 'readers' },
    ],
  },
  {
    name: 'shop',
    places: [
      { name: 'system', icon: Activity, for: 'readers' },
      { name: 'webhooks', icon: Webhook, for: 'staff' },
      { name: 'staff', icon: Users, for: 'readers' },
      { name: 'auditLog', icon: ScrollText, for: 'admins' },
      { name: 'settings', icon: Settings, for: 'readers' },
    ],
  },
]

/** Those that a thumb reaches on a phone; the others are behind "more". */
export const thumbPlaces = ['home', 'orders', 'products', 'stock']
