// Adds to package-lock.json the optional packages of other platforms that npm left out, after dependencies were changed.
// npm drops what it can't fetch or what isn't for the machine at hand, and `npm ci` then refuses the file everywhere.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32', 'arm']

let added = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const isThere = [`${path}/node_modules/${name}`, `node_modules/${name}`].some((place) => place in lock.packages)
    if (isThere) continue
    if (!/^\d/.test(version)) throw new Error(`${path} wants ${name} ${version}: name an exact version`)
    const words = name.replace(/^.*\//, '').split('-')
    const os = systems.filter((system) => words.includes(system) || words.includes(system.replace('win32', 'windows')))
    const cpu = processors.filter((processor) => words.includes(processor)).slice(0, 1)
    if (os.length === 0 && !cpu.includes('wasm32'))
      throw new Error(`what machines ${name} is for can't be told from its name`)
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu.length > 0 && { cpu }),
      ...(entry.dev && { dev: true }),
      optional: true,
      ...(os.length > 0 && { os }),
    }
    added++
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
console.log(`${added} packages added`)
