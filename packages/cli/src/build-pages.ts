// `npm run build`: what `npm start` does by itself where it is needed.
import { ensureStorefront } from './storefront.ts'

console.log(`The storefront is built in ${await ensureStorefront()}.`)
