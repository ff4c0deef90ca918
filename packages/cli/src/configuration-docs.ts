import type { ServiceModule } from '@kakilima/kit/service'
import { shopSettings, urlSettings } from './config.ts'

/** What this page needs to know of the schema of a setting. */
type Setting = {
  description?: string
  type?: string
  enum?: string[]
  default?: string | number | boolean
  minimum?: number
  maximum?: number
}
/** A variable with its schema, of which each service may have one of its own (the port does). */
type Variable = [name: string, schemas: Setting[]]
type Group = { title: string; about: string; variables: Variable[] }

/** The page about all settings, made from the schemas that check them. */
export function configurationPage(services: ServiceModule[]): string {
  const groups = groupsOf(services).map(({ title, about, variables }) =>
    [
      `## ${title}`,
      about,
      ['| Variable | Default | What it is |', '| --- | --- | --- |', ...variables.map(tableRow)].join('\n'),
    ].join('\n\n'),
  )
  return `# Settings

Kakilima is set up by environment variables, or by a file \`.env\` in the folder that it is started in; a variable of the environment wins over the file. \`.env.example\` lists them all. An empty variable counts as missing. Everything is checked at the start, and every fault is told at once.

This page is made from the schemas that check the settings: change those, then run \`npm run docs\`.

${groups.join('\n\n')}
`
}

/** A `.env` with every setting as a comment that shows its default. */
export function environmentExample(services: ServiceModule[]): string {
  const groups = groupsOf(services).map(({ title, variables }) => {
    const lines = variables.map(([name, schemas]) => {
      const values = defaultsOf(schemas)
      return `${wrap(explain(schemas[0]!), 100)}\n#${name}=${values.length === 1 ? values[0] : ''}`
    })
    return `## ${title}\n\n${lines.join('\n\n')}`
  })
  return `# All settings, as comments that show their defaults. Copy this file to .env and change what you need.
# It is made from the schemas that check the settings: change those, then run npm run docs.

${groups.join('\n\n')}
`
}

function groupsOf(services: ServiceModule[]): Group[] {
  const urls = urlSettings(services)
  const namesOf = ({ settings }: ServiceModule) => Object.keys(settings.properties)
  const isShared = (name: string) => services.every((service) => namesOf(service).includes(name))
  const variable = (name: string, ...schemas: unknown[]): Variable => [name, schemas as Setting[]]
  return [
    {
      title: 'The shop as a whole',
      about: 'What concerns no service by itself.',
      variables: Object.entries(shopSettings.properties).map(([name, schema]) => variable(name, schema)),
    },
    {
      title: 'Where the services are',
      about: 'With `kakilima up` each listens on the port of its own address.',
      variables: Object.entries(urls.properties).map(([name, schema]) => variable(name, schema)),
    },
    {
      title: 'Every service',
      about: 'With `kakilima up` these hold for all of them, but for `PORT`, which is ignored there.',
      variables: namesOf(services[0]!)
        .filter((name) => isShared(name) && !(name in urls.properties))
        .map((name) => variable(name, ...services.map((service) => service.settings.properties[name]))),
    },
    ...services.map((service) => ({
      title: `The ${service.name} service`,
      about: 'Beside the settings above:',
      variables: namesOf(service)
        .filter((name) => !isShared(name) && !(name in urls.properties))
        .map((name) => variable(name, service.settings.properties[name])),
    })),
  ]
}

function tableRow([name, schemas]: Variable): string {
  const defaults = defaultsOf(schemas).map((value) => `\`${value}\``)
  return `| \`${name}\` | ${defaults.join(', ')} | ${explain(schemas[0]!).replaceAll('|', '\\|')} |`
}

function defaultsOf(schemas: Setting[]): string[] {
  const values = schemas.map((schema) => String(schema.default ?? '')).filter((value) => value !== '')
  return [...new Set(values)]
}

function explain({ description = '', type, enum: allowed, minimum, maximum }: Setting): string {
  const parts = [description]
  if (allowed !== undefined) parts.push(`One of ${allowed.map((value) => `\`${value}\``).join(', ')}.`)
  if (type === 'boolean') parts.push('`true` or `false`.')
  if (minimum !== undefined && maximum !== undefined) parts.push(`From ${minimum} to ${maximum}.`)
  return parts.join(' ')
}

/** A comment of lines that are not longer than `width`. */
function wrap(text: string, width: number): string {
  const lines = ['#']
  for (const word of text.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > width) lines.push('#')
    lines.push(`${lines.pop()} ${word}`)
  }
  return lines.join('\n')
}
