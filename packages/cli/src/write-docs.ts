// Writes docs/configuration.md and .env.example anew: `npm run docs`.
import { writeFile } from 'node:fs/promises'
import { configurationPage, environmentExample } from './configuration-docs.ts'
import { loadServices } from './services.ts'

const services = await loadServices()
await writeFile(new URL('../../../docs/configuration.md', import.meta.url), configurationPage(services))
await writeFile(new URL('../../../.env.example', import.meta.url), environmentExample(services))
