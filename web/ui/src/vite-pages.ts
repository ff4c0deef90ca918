import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import type { Plugin, UserConfig } from 'vite'

/** Where `npm run dev` finds the rest of the shop. */
const gateway = 'http://127.0.0.1:8080'

/** Compresses the built files once, as well as it goes, so that the gateway need not do it for each reader. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir }) {
      for (const name of readdirSync(dir!, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|svg)$/.test(name)) continue
        const bytes = readFileSync(join(dir!, name))
        writeFileSync(join(dir!, `${name}.br`), brotliCompressSync(bytes))
        writeFileSync(join(dir!, `${name}.gz`), gzipSync(bytes, { level: 9 }))
      }
    },
  }
}

/** What a page needs of an endpoint to call it. The rest is types, and schemas that the server judges by. */
const neededToCall = ['method', 'path', 'public', 'page', 'status'] as const

/**
 * Gives pages the public endpoints of a file without their schemas, which would bring the schema library and every schema along: the
 * file runs here, and what pages need of it is written down.
 */
function lightEndpoints(): Plugin {
  return {
    name: 'light-endpoints',
    enforce: 'pre',
    async load(id) {
      if (!/\/contracts\/src\/.*\bendpoints\.ts$/.test(id)) return null
      // Asked for by its age, or a change would not be seen while the pages are worked on.
      const declared = (await import(`${pathToFileURL(id).href}?${statSync(id).mtimeMs}`)) as Record<string, Group>
      return Object.entries(declared)
        .map(([name, group]) => `export const ${name} = ${JSON.stringify(lighten(group))}`)
        .join('\n')
    },
  }
}

type Group = Record<string, Record<string, unknown>>

function lighten(group: Group): Group {
  const shown = Object.entries(group).filter(([, endpoint]) => endpoint.public !== undefined)
  return Object.fromEntries(
    shown.map(([name, endpoint]) => [
      name,
      Object.fromEntries(neededToCall.flatMap((key) => (endpoint[key] === undefined ? [] : [[key, endpoint[key]]]))),
    ]),
  )
}

/** How an application of pages is built and tried out. `base` is the address that the gateway serves it below. */
export function pagesConfig(base: string): UserConfig {
  return {
    base,
    plugins: [lightEndpoints(), vue(), tailwindcss(), compressed()],
    define: {
      __VUE_OPTIONS_API__: false,
      __VUE_I18N_LEGACY_API__: false,
      __VUE_I18N_FULL_INSTALL__: false,
    },
    build: { target: 'es2022', manifest: 'pages.json', assetsInlineLimit: 0 },
    server: {
      // One of those that the gateway takes a page's cookie from.
      port: 5173,
      proxy: { '/api': { target: gateway, ws: true }, '/items': gateway, '/images': gateway },
    },
  }
}
