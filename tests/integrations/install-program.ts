import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const longestInstallMs = 60 * 60_000

export type NpmProgram = {
  name: string
  dependencies: Record<string, string>
  /** For dependencies of its dependencies that can't be installed as they are declared. */
  overrides: Record<string, string>
}

/**
 * Installs a program from npm in a folder that outlives the run, unless it is there already. Returns the folder. An installation that was
 * cut short is taken up again by the next run.
 */
export async function installProgram({ name, dependencies, overrides }: NpmProgram): Promise<string> {
  const folder = join(process.env.KAKILIMA_INTEGRATIONS || join(tmpdir(), 'kakilima-integrations'), name)
  const manifest = JSON.stringify({ name: `integrations-${name}`, private: true, dependencies, overrides }, null, 2)
  // Written after everything else, so that it stands for a whole installation.
  const marker = join(folder, 'installed.json')
  if (existsSync(marker) && (await readFile(marker, 'utf8')) === manifest) return folder

  console.log(`Installing ${name} in ${folder}. This takes minutes, once.`)
  const startedAt = performance.now()
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), manifest)
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = spawn('npm', ['install', ...options], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: longestInstallMs,
  })
  const [code, signal] = await once(npm, 'close')
  if (code !== 0) throw new Error(`npm install in ${folder} ended with ${code ?? signal}.`)
  await writeFile(marker, manifest)
  console.log(`Installed ${name} in ${Math.round((performance.now() - startedAt) / 1000)} s.`)
  return folder
}
