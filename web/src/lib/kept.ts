import { type DehydratedState, dehydrate, hydrate, type Query } from '@tanstack/react-query'
import { client } from './client'
import { preferences } from './preferences'

/**
 * What was last seen, kept on this device to be read without a connection. It is sealed with a key
 * that this browser holds and shows nobody; signing out, or a session that has ended, destroys both.
 * Sealing alone keeps it out of plain sight in the browser's files; that it goes with the session is
 * what keeps the next person at this device from reading it.
 */
const databaseName = 'opl.kept'
const storeName = 'kept'
const longestKept = 7 * 86_400_000
const mostQueries = 80
const mostBytes = 3_000_000
const waitBeforeKeeping = 1_500

/** The first words of queries that are worth reading offline. */
const topics = ['me', 'accounts', 'connections', 'transactions', 'spending', 'reviews']

type Kept = { key: CryptoKey; iv: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer; at: number }

/** The answers in it. */
async function unsealed({ key, iv, sealed }: Kept): Promise<DehydratedState> {
  const bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed)
  return JSON.parse(new TextDecoder().decode(bytes))
}

const personOf = (state: DehydratedState) =>
  (state.queries.find(({ queryKey }) => queryKey[0] === 'me')?.state.data as { id?: string } | null)?.id

/** With what the same person saw before this page was opened, if it is not too old: the newest answers. */
function withFormer(state: DehydratedState, former: DehydratedState): DehydratedState {
  if (personOf(former) !== personOf(state)) return state
  const there = new Set(state.queries.map(({ queryHash }) => queryHash))
  const oldest = Date.now() - longestKept
  const others = former.queries.filter(
    ({ queryHash, state: { dataUpdatedAt } }) => !there.has(queryHash) && dataUpdatedAt > oldest,
  )
  const queries = [...state.queries, ...others]
    .sort((one, other) => other.state.dataUpdatedAt - one.state.dataUpdatedAt)
    .slice(0, mostQueries)
  return { ...state, queries }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(databaseName, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(storeName)
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}

async function withStore<Result>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const database = await opened()
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(storeName, mode)
      const asked = act(transaction.objectStore(storeName))
      transaction.oncomplete = () => resolve(asked.result)
      transaction.onerror = () => reject(transaction.error)
      transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    database.close()
  }
}

/** A browser without such a store, or a private window, keeps nothing. */
async function quietly<Result>(act: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await act()
  } catch {
    return undefined
  }
}

let forgotten = 0
/** Until somebody is signed in again: the page of who was may be on screen for a moment longer. */
let ended = false

/** Destroys the key and what it sealed. */
export async function forget(): Promise<void> {
  forgotten += 1
  restoredAt = null
  await quietly(() => withStore('readwrite', (store) => store.clear()))
}

/** The same at the end of a session; nothing is kept any more until the next one. */
export function forgetSession(): Promise<void> {
  ended = true
  return forget()
}

function worthKeeping(query: Query): boolean {
  return query.state.status === 'success' && topics.includes(String(query.queryKey[0]))
}

async function keep(): Promise<void> {
  if (ended || !preferences().keepOffline || restoredAt !== null || !client.getQueryData(['me'])) return
  const began = forgotten
  const newest = new Set(
    client
      .getQueryCache()
      .getAll()
      .filter(worthKeeping)
      .sort((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)
      .slice(0, mostQueries)
      .map((query) => query.queryHash),
  )
  const state = dehydrate(client, { shouldDehydrateQuery: (query) => newest.has(query.queryHash) })
  const former = await withStore<Kept | undefined>('readonly', (store) => store.get('last'))
  const before = former && (await quietly(() => unsealed(former)))
  const written = (kept: DehydratedState) => new TextEncoder().encode(JSON.stringify(kept))
  const all = written(before ? withFormer(state, before) : state)
  const bytes = all.length > mostBytes ? written(state) : all
  if (bytes.length > mostBytes) return
  const key =
    former?.key ??
    (await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes)
  // Somebody signed out meanwhile.
  if (began !== forgotten) return
  await withStore('readwrite', (store) => store.put({ key, iv, sealed, at: Date.now() }, 'last'))
}

/** Keeps what is on screen, a moment after it came. Returns how to stop. */
export function keepWhatIsSeen(): () => void {
  ended = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = client.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || event.action.type !== 'success') return
    clearTimeout(timer)
    timer = setTimeout(() => void quietly(keep), waitBeforeKeeping)
  })
  return () => {
    clearTimeout(timer)
    stop()
  }
}

let restoredAt: number | null = null
const listeners = new Set<() => void>()

/** When the oldest of what is shown was read, if it comes from this device and not from the server. */
export function shownFrom(): number | null {
  return restoredAt
}

export function listenToShownFrom(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function setRestored(at: number | null): void {
  restoredAt = at
  for (const listener of listeners) listener()
}

/** Shows what was kept. False where nothing is, or it is too old. */
export async function restore(): Promise<boolean> {
  const kept = await quietly(async () => {
    const last = await withStore<Kept | undefined>('readonly', (store) => store.get('last'))
    if (!last || Date.now() - last.at > longestKept) return null
    return unsealed(last)
  })
  if (!kept) return false
  hydrate(client, kept)
  setRestored(Math.min(...kept.queries.map(({ state }) => state.dataUpdatedAt)))
  return true
}

/** The server answers again: what is on screen is asked for anew. */
export function cameBack(): void {
  if (restoredAt === null) return
  setRestored(null)
  void client.invalidateQueries()
}
