import { Shop, ShopChange } from '@kakilima/contracts/shop'
import { addImageRoutes, imageBody } from '@kakilima/kit/image-body'
import type { Server } from '@kakilima/kit/server'
import type { GatewayDeps } from '../app.ts'

export async function shopRoutes(
  app: Server,
  { shop, shopSettings, images }: Pick<GatewayDeps, 'shop' | 'shopSettings' | 'images'>,
): Promise<void> {
  app.get('/api/v1/shop', { schema: { summary: 'What the shop says of itself', response: { 200: Shop } } }, async () =>
    shop.require(),
  )

  app.put(
    '/api/v1/shop',
    { schema: { summary: 'Change what the shop says of itself', body: ShopChange, response: { 200: Shop } } },
    async (request) => shop.note(await shopSettings.change(request.body)),
  )

  await addImageRoutes(app, (routes) => {
    routes.put(
      '/api/v1/shop/logo',
      { schema: { summary: 'Give the shop a logo', ...imageBody, response: { 200: Shop } } },
      async ({ body, headers }) => shop.note(await images.setLogo({ body, contentType: headers['content-type']! })),
    )
  })

  app.delete(
    '/api/v1/shop/logo',
    { schema: { summary: 'Take the logo off the shop', response: { 200: Shop } } },
    async () => shop.note(await shopSettings.removeLogo()),
  )
}
