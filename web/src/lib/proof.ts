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
  /** How the log's keys took each other's place, each line signed by the key before and by itself. */
  successions?: readonly string[]
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
  /** How many changes of the log's key lead from the key that is trusted to one that signed. */
  changes: number
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

type Signed = Verdict['signed']
type Key = { name: string; id: Uint8Array; bytes: Uint8Array<ArrayBuffer> }

const encoder = new TextEncoder()

/** A log's key (C2SP vkey, Ed25519), if its identifier is the one of its name and its bytes. */
async function keyOf(key: string): Promise<Key | null> {
  const [name, digits, typed] = splitKey(key)
  const bytes = bytesOf(typed)
  if (name === '' || bytes[0] !== 1 || bytes.length !== 33) return null
  const id = (await sha256(joined(encoder.encode(`${name}\n`), bytes))).slice(0, 4)
  return hexOf(id) === digits ? { name, id, bytes: bytes.slice(1) } : null
}

async function verifies(key: Key, signature: Uint8Array<ArrayBuffer>, text: string): Promise<Signed> {
  let imported: CryptoKey
  try {
    imported = await crypto.subtle.importKey('raw', key.bytes, { name: 'Ed25519' }, false, ['verify'])
  } catch {
    return 'unknown'
  }
  return (await crypto.subtle.verify('Ed25519', imported, signature, encoder.encode(text))) ? 'yes' : 'no'
}

async function signedBy(note: Note, key: Key): Promise<Signed> {
  if (key.name !== note.origin) return 'no'
  const ours = note.lines
    .map((line) => /^\u2014 (\S+) (\S+)$/.exec(line))
    .filter((found) => found?.[1] === key.name)
    .map((found) => bytesOf(found?.[2] ?? ''))
    .find((signature) => same(signature.slice(0, 4), key.id))
  return ours ? verifies(key, ours.slice(4), note.body) : 'no'
}

/** Longest row of changed keys that is followed. */
const mostSuccessions = 64

type Succession = { from: number; old: string; next: string; signed: Signed }

/** Reads `succession FROM OLD NEW OLD-SIGNATURE NEW-SIGNATURE`; null for what is none, or half signed. */
async function successionOf(line: string): Promise<Succession | null> {
  const [word, from = '', old = '', next = '', byOld = '', byNew = '', ...more] = line.split(' ')
  if (word !== 'succession' || more.length > 0 || !/^(0|[1-9]\d{0,15})$/.test(from)) return null
  const [former, later] = [await keyOf(old), await keyOf(next)]
  if (!former || !later || former.name !== later.name || old === next) return null
  const text = `one-point-ledger key succession/v1\n${former.name}\n${from}\n${old}\n${next}\n`
  const signatures = [
    await verifies(former, bytesOf(byOld), text),
    await verifies(later, bytesOf(byNew), text),
  ]
  if (signatures.includes('no')) return null
  return { from: Number(from), old, next, signed: signatures.includes('unknown') ? 'unknown' : 'yes' }
}

/**
 * Whether the key that is trusted, or one that took its place by its own signature, signed the note. Each
 * key speaks for its own stretch of sizes alone; one that has two successors is not believed at all.
 */
async function signedInTurn(
  note: Note,
  trusted: string,
  lines: readonly string[],
): Promise<{ signed: Signed; changes: number }> {
  let [key, after, changes] = [trusted.trim(), -1, 0]
  const read = await Promise.all(lines.slice(0, mostSuccessions).map(successionOf))
  const successions = read.filter((one) => one !== null)
  for (;;) {
    const next = successions.filter((one) => one.old === key && one.from >= after)
    if (new Set(next.map((one) => `${one.from} ${one.next}`)).size > 1) return { signed: 'no', changes }
    const until = next[0]?.from ?? Number.POSITIVE_INFINITY
    if (note.size > after && note.size <= until) {
      const opened = await keyOf(key)
      return { signed: opened ? await signedBy(note, opened) : 'no', changes }
    }
    const [step] = next
    if (!step || changes === mostSuccessions) return { signed: 'no', changes }
    if (step.signed === 'unknown') return { signed: 'unknown', changes }
    key = step.next
    after = step.from
    changes += 1
  }
}

/** A key is `NAME+ID+BASE64`; base64 may hold a plus, a name may not. */
function splitKey(key: string): [string, string, string] {
  const [name = '', id = '', ...rest] = key.trim().split('+')
  return [name, id, rest.join('+')]
}

/** Checks a proof with the key that is trusted; malformed parts are a proof that does not hold. */
export async function verify(proof: Proof, key: string): Promise<Verdict> {
  const nothing: Verdict = { included: false, signed: 'no', leaf: '', size: 0, origin: '', changes: 0 }
  try {
    const note = noteOf(proof.checkpoint)
    if (!note) return nothing
    const leaf = await sha256(joined(Uint8Array.of(0), bytesOf(proof.record)))
    const root = await rootOf(leaf, Number(proof.position) - 1, note.size, proof.path.map(bytesOf))
    return {
      included: root !== null && same(root, note.root),
      ...(await signedInTurn(note, key, proof.successions ?? [])),
      leaf: hexOf(leaf),
      size: note.size,
      origin: note.origin,
    }
  } catch {
    return nothing
  }
}
