// Holds the built files against their limits: gzip of what each first screen loads, each
// route's own part, styles, the first font, and everything together.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
const limits = { screen: 175, route: 45, styles: 12, font: 32, all: 1536 }
const kib = (bytes) => Math.round((bytes / 1024) * 10) / 10

const gzipped = new Map()
function sizeOf(file) {
  if (!gzipped.has(file)) gzipped.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length)
  return gzipped.get(file)
}

/** A part and all it imports at once, each file counted one time. */
function filesOf(key, seen = new Set()) {
  const part = manifest[key]
  if (!part || seen.has(part.file)) return seen
  seen.add(part.file)
  for (const imported of part.imports ?? []) filesOf(imported, seen)
  return seen
}

const sum = (files) => [...files].reduce((all, file) => all + sizeOf(file), 0)
const start = () => filesOf('src/i18n/en.ts', filesOf('index.html'))
const alone = ['src/routes/auth/', 'src/routes/connect/callback', 'src/routes/erasing/erased']
const frame = 'src/routes/auth/frame.tsx'
const routes = Object.keys(manifest).filter(
  (key) => key.startsWith('src/routes/') && manifest[key].isDynamicEntry && key !== frame,
)

const screens = new Set(manifest['index.html'].dynamicImports)

/** Words of their own come beside these. */
const pageWords = 'src/i18n/pages/en.ts'
const insights = /^src\/routes\/(budgets|flow|forecast|recurring|rules|spending)\//

let broken = 0
function hold(name, size, limit) {
  const over = size > limit
  if (over) broken += 1
  console.log(`${over ? 'OVER ' : 'ok   '} ${name.padEnd(52)} ${String(size).padStart(7)} of ${limit} KiB`)
}

for (const route of routes.sort()) {
  const shell = alone.some((prefix) => route.startsWith(prefix)) ? frame : 'src/shell/shell.tsx'
  const before = filesOf(shell, start())
  const words = filesOf(pageWords)
  const own = [...filesOf(route), ...(insights.test(route) ? words : [])].filter((file) => !before.has(file))
  // What the router loads is a first screen; a dialog comes later, at a press.
  if (screens.has(route)) {
    hold(
      `first screen ${route.replace('src/routes/', '')}`,
      kib(sum(new Set([...before, ...own]))),
      limits.screen,
    )
  } else console.log(`      later, in ${route.replace('src/routes/', '')}`)
  hold(`  its own part`, kib(sum(own)), limits.route)
}
const assets = readdirSync(join(dist, 'assets'))
const styles = assets.filter((name) => name.endsWith('.css')).map((name) => `assets/${name}`)
const font = assets.find((name) => /^geist-latin-wght/.test(name))
hold('styles', kib(sum(styles)), limits.styles)
hold('first font, as it is', kib(statSync(join(dist, 'assets', font)).size), limits.font)
const plain = readdirSync(dist, { recursive: true }).filter(
  (name) => !name.startsWith('.vite') && !/\.(br|gz)$/.test(name) && statSync(join(dist, name)).isFile(),
)
const bytes = plain.reduce((all, name) => all + statSync(join(dist, name)).size, 0)
hold(`everything, uncompressed, ${plain.length} files`, kib(bytes), limits.all)
process.exit(broken === 0 ? 0 : 1)
