// A small server for the built program: the same addresses, headers and answers as the real
// one, with invented data. Sign in as aino@example.com (data), new@example.com (nothing yet),
// many@example.com (very many rows), million@example.com (a million), broken@example.com (every read fails),
// or as who holds a role (stub-roles.mjs).
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { graphql } from 'graphql'
import { answers, schema } from './stub-answers.mjs'
import { answerImport, noteImport } from './stub-import.mjs'
import { StubPerson } from './stub-person.mjs'

const port = Number(process.env.STUB_PORT ?? 4173)
const dist = process.env.STUB_DIST ?? fileURLToPath(new URL('../dist/', import.meta.url))
const manifest = new URL('../src/gql/persisted-documents.json', import.meta.url)
const documents = JSON.parse(readFileSync(manifest, 'utf8'))
const people = new Map()

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='; " +
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

function sessionOf(request) {
  return /opl_session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
}

async function bodyOf(request) {
  let text = ''
  for await (const piece of request) text += piece
  return text
}

/** The real server compresses what it answers; so do we, or sizes would mean nothing. */
function json(response, status, value, more = {}) {
  const body = gzipSync(JSON.stringify(value))
  const own = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'cache-control': 'no-store' }
  response.writeHead(status, { ...headers, ...own, ...more })
  response.end(body)
}

function failure(code) {
  return { errors: [{ message: 'failed', extensions: { code, requestId: randomUUID() } }] }
}

const open = ['Me', 'SignIn', 'SignUp', 'SignOut']

async function answerQuery(request, response) {
  if (request.headers['x-opl-request'] !== '1') return json(response, 403, failure('FORBIDDEN'))
  const { documentId, variables } = JSON.parse(await bodyOf(request))
  const text = documents[documentId]
  if (!text) return json(response, 200, failure('UNKNOWN_DOCUMENT'))
  const person = people.get(sessionOf(request))
  const operation = /(?:query|mutation) (\w+)/.exec(text)?.[1] ?? ''
  if (!person && !open.includes(operation)) return json(response, 200, failure('UNAUTHENTICATED'))
  if (person?.email.startsWith('broken') && !open.includes(operation))
    return json(response, 200, failure('INTERNAL'))
  let cookie = null
  const enter = (email) => {
    const id = randomUUID()
    people.set(id, new StubPerson(email))
    cookie = `opl_session=${id}; Path=/; HttpOnly; SameSite=Lax`
    return people.get(id)
  }
  const leave = () => {
    cookie = 'opl_session=; Path=/; Max-Age=0'
  }
  const rootValue = answers(person, enter, leave)
  const result = await graphql({ schema, source: text, rootValue, variableValues: variables })
  if (result.errors) console.error(operation, result.errors)
  json(response, 200, result, cookie ? { 'set-cookie': cookie } : {})
}

function tellEvents(request, response) {
  const person = people.get(sessionOf(request))
  if (!person) return json(response, 401, failure('UNAUTHENTICATED'))
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(': hello\n\n')
  person.told = (topic) =>
    response.write(`data: ${JSON.stringify({ topic, position: String(person.position) })}\n\n`)
}

async function takeCallback(request, response) {
  const person = people.get(sessionOf(request))
  const requestId = randomUUID()
  if (!person) return json(response, 401, { code: 'not_signed_in', requestId })
  const { query, fragment } = JSON.parse(await bodyOf(request))
  const values = new URLSearchParams(fragment || query)
  const connectionId = values.get('state')
  if (values.get('case')) return json(response, 400, { code: values.get('case'), requestId })
  if (!person.find(connectionId)) return json(response, 400, { code: 'state_unknown', requestId })
  const refused = values.get('error') === 'access_denied'
  if (refused) person.refuse(connectionId)
  else person.grant(connectionId)
  json(response, 200, { outcome: refused ? 'refused' : 'connected', connectionId, position: person.step() })
}

async function takeImport(request, response) {
  const person = people.get(sessionOf(request))
  if (!person) return json(response, 401, { problem: { code: 'unauthenticated' } })
  const wish = JSON.parse(await bodyOf(request))
  const [status, body] = answerImport(wish)
  if (body.imported) noteImport(person.files, person.email, wish)
  json(response, status, body)
}

/** Everything about the person, a line a thing; the last one says that the file is whole. */
function takeAll(request, response) {
  const person = people.get(sessionOf(request))
  if (!person) return json(response, 401, failure('UNAUTHENTICATED'))
  if (request.headers['x-opl-request'] !== '1') return json(response, 403, failure('FORBIDDEN'))
  const lines = [{ what: 'everything' }, ...person.rows, { whole: true, events: person.rows.length }]
  response.writeHead(200, { ...headers, 'content-type': 'application/x-ndjson' })
  response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

function showBank(url, response) {
  const field = (name) => `<input type="hidden" name="${name}" value="${url.searchParams.get(name)}">`
  response.writeHead(200, { ...headers, 'content-type': types['.html'] })
  response.end(`<!doctype html><html lang="en"><title>Stub bank</title><link rel="icon" href="/icon.svg">
    <main><h1>Stub bank</h1><form action="/bank/decide">${field('bank')}${field('connection')}
    <p><label><input type="radio" name="user" value="88888881" checked> Test user 88888881</label></p>
    <p><label><input type="checkbox" name="account" value="1"> FI21 1234 5600 0007 85</label></p>
    <button name="answer" value="code=1">Approve</button>
    <button name="answer" value="error=access_denied">Refuse</button></form></main></html>`)
}

function decideAtBank(url, response) {
  const { bank, connection, answer } = Object.fromEntries(url.searchParams)
  response.writeHead(303, { ...headers, location: `/callback/${bank}#state=${connection}&${answer}` })
  response.end()
}

function serveFile(request, url, response) {
  const path = normalize(url.pathname).replace(/^(\.\.[/\\])+/, '')
  const asset = path.startsWith('/assets/')
  let file = join(dist, path)
  if (path === '/' || !existsSync(file) || !statSync(file).isFile()) {
    if (asset) {
      response.writeHead(404, headers)
      return response.end()
    }
    file = join(dist, 'index.html')
  }
  const encodings = [
    ['br', '.br'],
    ['gzip', '.gz'],
  ]
  const accepted = request.headers['accept-encoding'] ?? ''
  const found = encodings.find(([name, ending]) => accepted.includes(name) && existsSync(file + ending))
  response.writeHead(200, {
    ...headers,
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'cache-control': asset ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    ...(found ? { 'content-encoding': found[0] } : {}),
  })
  response.end(readFileSync(file + (found?.[1] ?? '')))
}

createServer((request, response) => {
  const url = new URL(request.url, `http://localhost:${port}`)
  const post = request.method === 'POST'
  if (post && url.pathname === '/graphql') return answerQuery(request, response)
  if (post && url.pathname === '/import') return takeImport(request, response)
  if (post && url.pathname === '/export') return takeAll(request, response)
  if (post && url.pathname.startsWith('/callback/')) return takeCallback(request, response)
  if (url.pathname === '/events') return tellEvents(request, response)
  if (url.pathname === '/bank/authorize') return showBank(url, response)
  if (url.pathname === '/bank/decide') return decideAtBank(url, response)
  return serveFile(request, url, response)
}).listen(port, '127.0.0.1', () => console.log(`stub: http://127.0.0.1:${port}`))
