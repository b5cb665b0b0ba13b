// Writes into package-lock.json the optional platform packages that the registry
// in use did not offer, so that `npm ci` accepts the lock on every platform.
// `--check` changes nothing and fails when something is missing.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

function entryFor(name, version, parent) {
  const words = name.split(/[-/]/)
  const os = systems.filter((system) => words.includes(system))
  const cpu = processors.filter((processor) => words.includes(processor))
  const entry = { version }
  if (cpu.length > 0) entry.cpu = cpu
  if (parent.dev) entry.dev = true
  if (words.includes('musl')) entry.libc = ['musl']
  entry.optional = true
  if (os.length > 0) entry.os = os
  return entry
}

const missing = {}
for (const [path, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (path === '' || !/^\d/.test(version)) continue
    const places = [`${path}/node_modules/${name}`, `node_modules/${name}`]
    if (!places.some((place) => lock.packages[place] ?? missing[place])) {
      missing[places[1]] = entryFor(name, version, parent)
    }
  }
}

const names = Object.keys(missing)
if (process.argv.includes('--check')) {
  for (const name of names) console.error(`missing in package-lock.json: ${name}`)
  process.exit(names.length === 0 ? 0 : 1)
}
const packages = { ...lock.packages, ...missing }
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${names.length} platform packages added`)
