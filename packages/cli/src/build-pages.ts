// `npm run build`: what `npm start` does by itself where it is needed.
import { ensurePages } from './pages.ts'

for (const [name, folder] of Object.entries(await ensurePages())) console.log(`The ${name} is built in ${folder}.`)
