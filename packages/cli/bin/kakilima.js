#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=100
// The two settings above halve the memory of a busy shop and cost a twentieth of its speed: see docs/performance.md.
// Plain JavaScript, so that a Node which can't run TypeScript can still say so. `npm ci` brings the right one.
const [major] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `Kakilima runs on the Node 24 that \`npm ci\` installs beside it, and this is Node ${process.versions.node}: ` +
      'run it through npm (`npm start`, `npx kakilima …`); if that says the same, run `npm ci` again with install scripts allowed.',
  )
  process.exit(1)
}
await import('../src/main.ts')
