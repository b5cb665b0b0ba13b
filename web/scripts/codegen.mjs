// schema.graphql + src/queries/*.graphql -> src/gql: types, documents and the
// manifest of operation hashes that the server uses as its list of allowed documents.
// `--check` writes nothing and fails when the committed files would change.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { preset } from '@graphql-codegen/client-preset'
import { codegen } from '@graphql-codegen/core'
import { parse } from 'graphql'

const web = new URL('../', import.meta.url)
const target = new URL('src/gql/', web)
const check = process.argv.includes('--check')
const wanted = ['graphql.ts', 'persisted-documents.json']

const queries = new URL('src/queries/', web)
const documents = readdirSync(queries)
  .filter((name) => name.endsWith('.graphql'))
  .sort()
  .map((name) => {
    const text = readFileSync(new URL(name, queries), 'utf8')
    return { location: name, rawSDL: text, document: parse(text, { noLocation: true }) }
  })

const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const scalars = { ID: 'string', Date: 'string', Instant: 'string', Position: 'string' }
const outputs = await preset.buildGeneratesSection({
  baseOutputDir: 'src/gql/',
  schema: parse(readFileSync(new URL('../schema.graphql', web), 'utf8')),
  documents,
  plugins: [],
  pluginMap: {},
  presetConfig: {
    fragmentMasking: false,
    persistedDocuments: { mode: 'replaceDocumentWithHash', hashAlgorithm: sha256 },
  },
  config: {
    documentMode: 'string',
    enumsAsTypes: true,
    scalars,
    useTypeImports: true,
    defaultScalarType: 'string',
    skipTypename: true,
    pureMagicComment: true,
  },
})

mkdirSync(target, { recursive: true })
let stale = 0
for (const output of outputs) {
  const name = output.filename.replace('src/gql/', '')
  if (!wanted.includes(name)) continue
  const text = `${(await codegen(output)).trimEnd()}\n`
  const file = new URL(name, target)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  stale += 1
  if (check) console.error(`src/gql/${name} is out of date: run npm run codegen`)
  else writeFileSync(file, text)
}
console.log(`codegen: ${documents.length} query files, ${stale} outputs ${check ? 'stale' : 'written'}`)
process.exit(check && stale > 0 ? 1 : 0)
