// Lets the page open without a connection. It keeps the program alone: the page, its parts and its
// fonts. No answer about anybody's money passes through here, and no address but those is kept.
const name = 'opl-program-1'
const mostKept = 150
const plain = ['/boot.js', '/icon.svg', '/icon-192.png', '/icon-512.png', '/manifest.webmanifest']

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => {
  const older = caches.keys().then((names) => names.filter((each) => each !== name))
  const dropped = older.then((names) => Promise.all(names.map((each) => caches.delete(each))))
  event.waitUntil(dropped.then(() => self.clients.claim()))
})

async function keep(key, response) {
  const cache = await caches.open(name)
  await cache.put(key, response)
  const keys = await cache.keys()
  // The oldest first: parts of former releases.
  await Promise.all(keys.slice(0, Math.max(0, keys.length - mostKept)).map((each) => cache.delete(each)))
}

/** From the network, and if that is not there from what was kept. */
async function fresh(request, key, event) {
  try {
    const response = await fetch(request)
    const ours = response.ok && !response.redirected
    if (ours && new URL(request.url).pathname === key) event.waitUntil(keep(key, response.clone()))
    return response
  } catch (cause) {
    const kept = await (await caches.open(name)).match(key)
    if (kept) return kept
    throw cause
  }
}

/** A part never changes under its name. */
async function part(request, event) {
  const kept = await (await caches.open(name)).match(request)
  if (kept) return kept
  const response = await fetch(request)
  if (response.ok) event.waitUntil(keep(request, response.clone()))
  return response
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname.startsWith('/assets/')) event.respondWith(part(request, event))
  else if (plain.includes(url.pathname)) event.respondWith(fresh(request, url.pathname, event))
  else if (request.mode === 'navigate') event.respondWith(fresh(request, '/', event))
})
