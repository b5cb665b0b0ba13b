// A log of the stub's own: a tree over invented records (RFC 6962) and a signed state of it (C2SP), so that
// what the page works out is really worked out.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'

const origin = 'stub.example/log'
const size = 6_000
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const recordOf = (position) => Buffer.from(`{"position":${position}}`)
const leafOf = (position) => sha256(Uint8Array.of(0), recordOf(position))
const node = (left, right) => sha256(Uint8Array.of(1), left, right)

/** The largest power of two below a number. */
const split = (count) => 2 ** Math.floor(Math.log2(count - 1))

const roots = new Map()

/** The root over the leaves from a place on. */
function rootOf(from, count) {
  if (count === 1) return leafOf(from + 1)
  const key = `${from} ${count}`
  if (!roots.has(key)) {
    const left = split(count)
    roots.set(key, node(rootOf(from, left), rootOf(from + left, count - left)))
  }
  return roots.get(key)
}

function pathOf(index, from, count) {
  if (count === 1) return []
  const left = split(count)
  return index < left
    ? [...pathOf(index, from, left), rootOf(from + left, count - left)]
    : [...pathOf(index - left, from + left, count - left), rootOf(from, left)]
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const bytes = Buffer.concat([Buffer.of(1), publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)])
const keyId = sha256(`${origin}\n`, bytes).subarray(0, 4)
const key = `${origin}+${keyId.toString('hex')}+${bytes.toString('base64')}`

export function proofOf(position) {
  const at = Number(position)
  if (!(at >= 1 && at <= size)) return null
  const body = `${origin}\n${size}\n${rootOf(0, size).toString('base64')}\n`
  const signature = Buffer.concat([keyId, sign(null, Buffer.from(body), privateKey)])
  const checkpoint = `${body}\n— ${origin} ${signature.toString('base64')}\n`
  const record = recordOf(at)
  return {
    position: String(at),
    record: record.toString('base64'),
    leafHash: leafOf(at).toString('hex'),
    path: pathOf(at - 1, 0, size).map((hash) => hash.toString('base64')),
    checkpoint,
    key,
    successions: [],
    file: `c2sp.org/tlog-proof@v1\nindex ${at - 1}\n\n${checkpoint}`,
  }
}
