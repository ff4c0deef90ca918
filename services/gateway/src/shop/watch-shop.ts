import { problem } from '@kakilima/contracts/problems'
import type { ShopClient } from '@kakilima/contracts/shop-clients'
import type { Shop, StoredShop } from '@kakilima/contracts/shop'
import type { Logger } from '@kakilima/kit/logger'
import { startLoop } from '@kakilima/kit/loop'

export type ShopWatch = {
  /** What the shop says of itself, as far as it was ever learned. */
  known: () => Shop | undefined
  /** The same. Throws until it has been learned for the first time. */
  require: () => Shop
  /** What to call the shop, whatever was learned. */
  name: () => string
  /** Notes how the shop is after a change that was made through this gateway: it is shown at once. */
  note: (shop: StoredShop) => Shop
  stop: () => Promise<void>
}

const refreshMs = 3000

/**
 * Keeps what the shop says of itself: every page asks for it, and pages are served while the inventory service is away. A change that
 * was made through another gateway is seen within seconds. `defaultName` is what a shop is called that nobody has named.
 */
export function watchShop(client: Pick<ShopClient, 'get'>, defaultName: string, logger: Logger): ShopWatch {
  let known: Shop | undefined
  let changes = 0

  function keep(shop: StoredShop): Shop {
    known = { ...shop, name: shop.name ?? defaultName }
    return known
  }

  const loop = startLoop({
    name: 'shop',
    logger,
    idleMs: refreshMs,
    round: async () => {
      const before = changes
      const shop = await client.get()
      // What was asked for before a change of our own may be what was before it.
      if (changes === before) keep(shop)
      return false
    },
  })
  return {
    known: () => known,
    require: () => {
      if (known !== undefined) return known
      throw problem('neighbor-unavailable', 'The inventory service cannot be reached')
    },
    name: () => known?.name ?? defaultName,
    note: (shop) => {
      changes++
      return keep(shop)
    },
    stop: loop.stop,
  }
}
