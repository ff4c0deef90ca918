import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configurationPage, environmentExample } from './configuration-docs.ts'
import { loadServices } from './services.ts'

const services = await loadServices()

test.each([
  ['docs/configuration.md', configurationPage(services)],
  ['.env.example', environmentExample(services)],
])('%s says what the schemas of the settings say', (path, expected) => {
  const actual = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  expect(actual, `${path} is out of date: run npm run docs`).toBe(expected)
})

test('every variable of every service is on the page', () => {
  const page = configurationPage(services)
  for (const { settings } of services) for (const name of Object.keys(settings.properties)) expect(page).toContain(name)
})
