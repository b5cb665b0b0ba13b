/**
 * Checks, in the browser and with nothing of the server's believed, that a record is in a log: the
 * record's hash, the path from it to the root (RFC 6962), and the signature over the root (C2SP
 * signed-note, Ed25519).
 */
export type Proof = {
  position: string
  record: string
  path: readonly string[]
  checkpoint: string
  key: string
}

export type Verdict = {
  /** The path leads from the record to the root that the checkpoint names. */
  included: boolean
  /** The checkpoint is signed by the key; "unknown" where the browser cannot tell. */
  signed: 'yes' | 'no' | 'unknown'
  /** The record's leaf, in hexadecimal digits. */
  leaf: string
  /** How many events the checkpoint covers. */
  size: number
  /** The log's name. */
  origin: string
}

/** Longest path of a proof. */
const longestPath = 63

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

/** The root that a path leads to (RFC 9162, section 2.1.3.2); null for a path of another length. */
export async function rootOf(
  leaf: Uint8Array<ArrayBuffer>,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (index < 0 || index >= size || path.length > longestPath) return null
  const node = (left: Uint8Array, right: Uint8Array) => sha256(joined(Uint8Array.of(1), left, right))
  let at = index
  let last = size - 1
  let hash = leaf
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return null
    if (at % 2 === 1 || at === last) {
      hash = await node(sibling, hash)
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2)
        last = Math.floor(last / 2)
      }
    } else {
      hash = await node(hash, sibling)
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? hash : null
}

type Note = { body: string; origin: string; size: number; root: Uint8Array<ArrayBuffer>; lines: string[] }

function noteOf(text: string): Note | null {
  const divide = text.lastIndexOf('\n\n')
  if (divide < 0) return null
  const body = text.slice(0, divide + 1)
  const [origin, size, root, ...more] = body.split('\n')
  if (!origin || !size || !root || more.join('') !== '' || !/^(0|[1-9]\d{0,15})$/.test(size)) return null
  const lines = text
    .slice(divide + 2)
    .split('\n')
    .filter(Boolean)
  return { body, origin, size: Number(size), root: bytesOf(root), lines }
}

async function signedBy(note: Note, key: string): Promise<Verdict['signed']> {
  const [name, id, typed] = splitKey(key)
  const bytes = bytesOf(typed)
  if (name !== note.origin || bytes[0] !== 1 || bytes.length !== 33) return 'no'
  const text = new TextEncoder()
  const expected = (await sha256(joined(text.encode(`${name}\n`), bytes))).slice(0, 4)
  if (hexOf(expected) !== id) return 'no'
  const ours = note.lines
    .map((line) => /^\u2014 (\S+) (\S+)$/.exec(line))
    .filter((found) => found?.[1] === name)
    .map((found) => bytesOf(found?.[2] ?? ''))
    .find((signature) => same(signature.slice(0, 4), expected))
  if (!ours) return 'no'
  let imported: CryptoKey
  try {
    imported = await crypto.subtle.importKey('raw', bytes.slice(1), { name: 'Ed25519' }, false, ['verify'])
  } catch {
    return 'unknown'
  }
  const right = await crypto.subtle.verify('Ed25519', imported, ours.slice(4), text.encode(note.body))
  return right ? 'yes' : 'no'
}

/** A key is `NAME+ID+BASE64`; base64 may hold a plus, a name may not. */
function splitKey(key: string): [string, string, string] {
  const [name = '', id = '', ...rest] = key.trim().split('+')
  return [name, id, rest.join('+')]
}

/** Checks a proof with the key that is trusted; malformed parts are a proof that does not hold. */
export async function verify(proof: Proof, key: string): Promise<Verdict> {
  const nothing: Verdict = { included: false, signed: 'no', leaf: '', size: 0, origin: '' }
  try {
    const note = noteOf(proof.checkpoint)
    if (!note) return nothing
    const leaf = await sha256(joined(Uint8Array.of(0), bytesOf(proof.record)))
    const root = await rootOf(leaf, Number(proof.position) - 1, note.size, proof.path.map(bytesOf))
    return {
      included: root !== null && same(root, note.root),
      signed: await signedBy(note, key),
      leaf: hexOf(leaf),
      size: note.size,
      origin: note.origin,
    }
  } catch {
    return nothing
  }
}
