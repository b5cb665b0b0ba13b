import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Proof, rootOf, verify } from './proof'

/** The golden files of the verifier that is written in Rust. */
const golden = (name: string) => readFileSync(`${__dirname}/../../../transparency/tests/golden/${name}`)

function read(): { proof: Proof; key: string } {
  const [head = '', ...rest] = golden('record.tlog-proof').toString('utf8').split('\n\n')
  const lines = head.split('\n')
  const index = lines.findIndex((line) => line.startsWith('index '))
  const position = String(Number(lines[index]?.slice('index '.length)) + 1)
  const key = golden('log.vkey').toString('utf8').trim()
  const record = golden('record.bin').toString('base64')
  return {
    proof: { position, record, path: lines.slice(index + 1), checkpoint: rest.join('\n\n'), key },
    key,
  }
}

describe('a proof', () => {
  it('that the other verifier made holds', async () => {
    const { proof, key } = read()
    const verdict = await verify(proof, key)
    expect(verdict).toMatchObject({ included: true, signed: 'yes' })
    expect(verdict.size).toBeGreaterThan(1)
  })

  it('does not hold once any part of it is changed', async () => {
    const { proof, key } = read()
    const bytes = Buffer.from(proof.record, 'base64')
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
    const changed: [Partial<Proof>, object][] = [
      [{ record: bytes.toString('base64') }, { included: false }],
      [{ position: String(Number(proof.position) + 1) }, { included: false }],
      [{ path: proof.path.slice(1) }, { included: false }],
      [{ path: [...proof.path, proof.path[0] ?? ''] }, { included: false }],
      [{ path: [] }, { included: false }],
      [
        { checkpoint: proof.checkpoint.replace(/^(.*)\n(\d+)\n/, '$1\n9$2\n') },
        { included: false, signed: 'no' },
      ],
      [{ checkpoint: 'nothing' }, { included: false, signed: 'no' }],
      [{ record: '%' }, { included: false, signed: 'no' }],
    ]
    for (const [part, expected] of changed) {
      expect(await verify({ ...proof, ...part }, key)).toMatchObject(expected)
    }
  })

  it('is signed by the key that is trusted and by no other', async () => {
    const { proof, key } = read()
    const [name, id] = key.split('+')
    const other = Buffer.concat([Buffer.of(1), Buffer.alloc(32, 7)]).toString('base64')
    for (const wrong of ['', 'x', `${name}+${id}+${other}`, key.replace(/^[^+]+/, 'other')]) {
      expect((await verify(proof, wrong)).signed).toBe('no')
    }
  })

  it('leads on from an earlier key by what that one signed, and by nothing else', async () => {
    const { proof, key } = read()
    const lines = golden('successions.txt').toString('utf8').trim().split('\n')
    const [first = '', second = '', stranger = ''] = lines
    const older = first.split(' ')[2] ?? ''
    const changed = (text: string, to: string) => first.replace(` ${text} `, ` ${to} `)
    const from = first.split(' ')[1] ?? ''
    expect(second.split(' ')[3]).toBe(key)
    const verdict = await verify({ ...proof, successions: [first, second] }, older)
    expect(verdict).toMatchObject({ included: true, signed: 'yes', changes: 2 })
    expect(await verify({ ...proof, successions: [first, second] }, key)).toMatchObject({ signed: 'yes' })
    for (const successions of [
      [],
      [first],
      [second],
      [first, stranger],
      [first, second, stranger],
      [changed(from, String(Number(from) + 1)), second],
      [first, second.split(' ').slice(0, 5).join(' ')],
      [first, 'succession'],
    ]) {
      expect((await verify({ ...proof, successions }, older)).signed).toBe('no')
    }
    // A key speaks only until the next one has begun.
    const late = golden('succession-later.txt').toString('utf8').trim()
    expect((await verify({ ...proof, successions: [late] }, key)).signed).toBe('yes')
    const early = golden('succession-earlier.txt').toString('utf8').trim()
    expect((await verify({ ...proof, successions: [early] }, key)).signed).toBe('no')
  })

  it('of a tree of one leaf has no path', async () => {
    const leaf = new Uint8Array(32).fill(3)
    expect(await rootOf(leaf, 0, 1, [])).toEqual(leaf)
    expect(await rootOf(leaf, 1, 1, [])).toBe(null)
    expect(await rootOf(leaf, 0, 2, [])).toBe(null)
  })
})
