// Judges requests and answers by an OpenAPI file, and HTTP signatures by a library of their own.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import httpSignature from 'http-signature'
import sshpk from 'sshpk'

/** The file of each standard, and what the addresses of an interface begin with before the file's paths. */
const standards = {
  'berlin-group': { name: 'berlin-group-1.3.12.json', base: '/psd2' },
  'open-banking-uk-3.1': { name: 'open-banking-uk-3.1.11.json', base: '/open-banking/v3.1/aisp' },
  'open-banking-uk-4.0': { name: 'open-banking-uk-4.0.0.json', base: '/open-banking/v4.0/aisp' },
}

/** What a body is to be, by its media type without parameters. */
function contentOf(part, kind) {
  const named = Object.entries(part?.content ?? {})
  return named.find(([name]) => name.split(';')[0] === kind)?.[1]
}

/** A part of the document, by its JSON pointer. */
function resolve(document, value) {
  let found = value
  while (found?.$ref) {
    found = found.$ref
      .slice(2)
      .split('/')
      .reduce((at, part) => at[part.replaceAll('~1', '/').replaceAll('~0', '~')], document)
  }
  return found
}

function operationOf(document, base, method, path) {
  const wanted = path.split('?')[0].slice(base.length).split('/')
  const fits = (template) => {
    const parts = template.split('/')
    return (
      parts.length === wanted.length &&
      parts.every((part, at) => part.startsWith('{') || part === decodeURIComponent(wanted[at]))
    )
  }
  // A fixed part is meant before a parameter.
  const templates = Object.keys(document.paths).filter(fits)
  templates.sort((a, b) => a.split('{').length - b.split('{').length)
  const item = document.paths[templates[0]]
  return item && { item, operation: item[method.toLowerCase()], template: templates[0] }
}

/** OpenAPI 3.0 has `exclusiveMinimum` beside `minimum`, later JSON Schema in its place. */
function modern(name, value) {
  if (value && typeof value === 'object') {
    for (const [exclusive, bound] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ]) {
      if (value[exclusive] === true) {
        value[exclusive] = value[bound]
        delete value[bound]
      } else if (value[exclusive] === false) delete value[exclusive]
    }
  }
  return value
}

function checkOpenApi({ standard = 'berlin-group', exchanges }) {
  const { name: file, base } = standards[standard]
  const document = JSON.parse(readFileSync(new URL(`./${file}`, import.meta.url), 'utf8'), modern)
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true, unicodeRegExp: false })
  addFormats(ajv)
  ajv.addSchema({ $id: 'bg', ...document })
  const problems = []
  const seen = new Set()
  const judge = (where, schema, value) => {
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"bg#/'))
    const validate = ajv.compile(absolute)
    if (!validate(value)) {
      for (const { instancePath, message } of validate.errors) {
        problems.push(`${where}: ${instancePath || '/'} ${message}`)
      }
    }
  }
  for (const { method, path, headers, body, status, type, answer } of exchanges) {
    const where = `${method} ${path.split('?')[0]}`
    const found = operationOf(document, base, method, path)
    if (!found?.operation) {
      problems.push(`${where}: there is no such operation`)
      continue
    }
    const { operation, template } = found
    seen.add(`${method} ${template} ${status}`)
    const query = new URL(path, 'https://x').searchParams
    const parameters = [...(found.item.parameters ?? []), ...(operation.parameters ?? [])]
    const known = parameters.map((parameter) => resolve(document, parameter))
    for (const { in: place, name, required, schema } of known) {
      const value =
        place === 'header' ? headers[name.toLowerCase()] : place === 'query' ? query.get(name) : undefined
      if (value === undefined || value === null) {
        if (required && place !== 'path') problems.push(`${where}: ${place} ${name} is missing`)
        continue
      }
      const { type: kind } = resolve(document, schema)
      // Open Banking UK says that moments in a query carry no zone, while its own file calls them
      // date-time, which has one: such a moment is judged as if it were UTC.
      const moment =
        place === 'query' &&
        resolve(document, schema).format === 'date-time' &&
        !/(Z|[+-]\d\d:\d\d)$/.test(value)
      judge(
        `${where} ${place} ${name}`,
        schema,
        kind === 'boolean' ? value === 'true' : moment ? `${value}Z` : value,
      )
    }
    for (const name of query.keys()) {
      // Links of a bank may carry what is its own.
      if (!known.some((one) => one.in === 'query' && one.name === name) && name !== 'page') {
        problems.push(`${where}: query ${name} is not known`)
      }
    }
    if (body) {
      const content = contentOf(resolve(document, operation.requestBody), 'application/json')
      if (!content) problems.push(`${where}: no body is foreseen`)
      else judge(`${where} body`, content.schema, JSON.parse(body))
    }
    const response = resolve(document, operation.responses[String(status)])
    if (!response) {
      problems.push(`${where}: status ${status} is not foreseen`)
      continue
    }
    const kind = (type ?? '').split(';')[0]
    if (!response.content) {
      if (answer) problems.push(`${where}: ${status} has a body`)
      continue
    }
    const content = contentOf(response, kind)
    if (!content) problems.push(`${where}: ${status} is not foreseen as ${kind}`)
    else judge(`${where} ${status}`, content.schema, JSON.parse(answer))
  }
  return { problems, seen: [...seen].sort() }
}

/** Verifies each request with the certificate that came along, or says why not. */
function verify({ requests }) {
  return requests.map(({ method, path, headers, body }) => {
    try {
      const digest = `SHA-256=${createHash('sha256').update(body ?? '').digest('base64')}`
      if (headers.digest !== digest) return 'digest'
      const der = Buffer.from(headers['tpp-signature-certificate'], 'base64')
      const key = sshpk.parseCertificate(der, 'x509').subjectKey.toString('pem')
      const parsed = httpSignature.parseRequest(
        { method, url: path, httpVersion: '1.1', headers: { signature: headers.signature, ...headers } },
        { authorizationHeaderName: 'signature', strict: true, headers: ['digest', 'x-request-id'], clockSkew: 86400 * 3650 },
      )
      return httpSignature.verifySignature(parsed, key) ? 'good' : 'wrong'
    } catch (error) {
      return `error: ${error.message}`
    }
  })
}

/** Signs headers as the library does it. */
function sign({ key, keyId, headers, names, body }) {
  const digest = `SHA-256=${createHash('sha256').update(body ?? '').digest('base64')}`
  const all = { ...headers, digest }
  let value
  const request = {
    method: 'GET',
    path: '/',
    getHeader: (name) => all[name.toLowerCase()],
    setHeader: (_, text) => {
      value = text
    },
  }
  httpSignature.sign(request, { key, keyId, algorithm: 'rsa-sha256', headers: names, httpVersion: '1.1' })
  return { digest, signature: value.replace(/^Signature /, '') }
}

const jobs = { openapi: checkOpenApi, verify, sign }
const job = jobs[process.argv[2]]
if (!job) {
  process.stderr.write(`psd2-check: one of ${Object.keys(jobs).join(', ')}\n`)
  process.exit(2)
}
process.stdout.write(JSON.stringify(job(JSON.parse(readFileSync(0, 'utf8')))))
