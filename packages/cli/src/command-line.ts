import { parseArgs, stripVTControlCharacters } from 'node:util'
import { type ArgsDef, type CommandDef, renderUsage, runCommand } from 'citty'

/** What a file in commands/ exports: the command, and what `--help` says beside its options. */
type CommandFile = { command: CommandDef<any>; details: string }

/** Each is loaded only when it is called. */
const commands: Record<string, () => Promise<CommandFile>> = {
  up: () => import('./commands/up.ts'),
  start: () => import('./commands/start.ts'),
  migrate: () => import('./commands/migrate.ts'),
  seed: () => import('./commands/seed.ts'),
  audit: () => import('./commands/audit.ts'),
  queue: () => import('./commands/queue.ts'),
  user: () => import('./commands/user.ts'),
  catalog: () => import('./commands/catalog.ts'),
  products: () => import('./commands/products.ts'),
}

const kakilima: CommandDef = {
  meta: { name: 'kakilima', description: 'A shop of your own, on one machine or many' },
  subCommands: Object.fromEntries(
    Object.entries(commands).map(([name, load]) => [name, async () => (await load()).command]),
  ),
}

const helpFlags = ['--help', '-h']

export async function runCommandLine([name, ...rest]: string[]): Promise<void> {
  if (name === undefined || helpFlags.includes(name)) {
    await showHelp(kakilima)
    process.exitCode = name === undefined ? 1 : 0
    return
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined)
    throw new Error(`There is no command ${name}: the commands are ${Object.keys(commands).join(', ')}.`)
  const { command, details } = await load()
  if (rest.some((argument) => helpFlags.includes(argument))) return showHelp(command, details)
  requireKnownArguments(name, command.args as ArgsDef | undefined, rest)
  await runCommand(command, { rawArgs: rest })
}

async function showHelp(command: CommandDef<any>, details = ''): Promise<void> {
  const usage = `${await renderUsage(command, command === kakilima ? undefined : kakilima)}\n${details}`
  console.log(process.stdout.isTTY ? usage : stripVTControlCharacters(usage))
}

/** citty ignores what it doesn't know, and a mistyped option must not be taken for none. */
function requireKnownArguments(name: string, args: ArgsDef = {}, given: string[]): void {
  const definitions = Object.entries(args)
  const options = definitions
    .filter(([, { type }]) => type !== 'positional')
    .map(([option, { type }]) => [option, { type: type === 'boolean' ? 'boolean' : 'string' }] as const)
  try {
    parseArgs({
      args: given,
      options: Object.fromEntries(options),
      allowPositionals: definitions.some(([, { type }]) => type === 'positional'),
      allowNegative: true,
    })
  } catch (error) {
    const [firstSentence] = (error as Error).message.split(/\.\s/)
    throw new Error(`${firstSentence}: see npx kakilima ${name} --help.`, { cause: error })
  }
}
