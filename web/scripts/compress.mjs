// Writes a .br and a .gz beside every file of dist/ that gets smaller by it,
// so that the server never compresses while somebody waits.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const compressible = /\.(js|css|html|svg|json|webmanifest|txt)$/

let written = 0
for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name)
  if (name.startsWith('.vite') || !compressible.test(name) || !statSync(file).isFile()) continue
  const plain = readFileSync(file)
  const forms = {
    br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    gz: gzipSync(plain, { level: 9 }),
  }
  for (const [ending, bytes] of Object.entries(forms)) {
    const target = `${file}.${ending}`
    if (bytes.length < plain.length * 0.95) {
      writeFileSync(target, bytes)
      written += 1
    } else {
      rmSync(target, { force: true })
    }
  }
}
console.log(`compress: ${written} files written`)
