import { expect, it } from 'vitest'
import type { RunningQuery } from '../../gql/graphql'
import { running as words } from '../../i18n/running/en'
import { alarmsOf } from './alarms'

const bank: RunningQuery['running']['banks'][number] = {
  bankId: 'op',
  ready: true,
  certificatesEndAt: null,
  preparedCertificatesEndAt: null,
  certificateRevokedAt: null,
  bankCertificate: null,
  secretEndsAt: null,
  failedStep: null,
  heldBack: [],
}
const well: RunningQuery['running'] = {
  at: '2026-11-26T12:00:00Z',
  log: {
    head: '10',
    projections: [{ name: 'accounts', position: '10', state: 'LIVE', lagEvents: 0, error: null }],
  },
  signing: { size: '10', unsigned: 0, contradicted: false, witnesses: 2, witnessesKnown: 2, quorumMet: true },
  waiting: [{ what: 'erasures', count: 3 }],
  banks: [bank],
  ending: [],
  unlawfulCalls: 0,
  passwordWave: false,
  requestsInFlight: 1,
  requestsShed: 0,
  residentMebibytes: 100,
}
const alarms = (change: Partial<RunningQuery['running']>) =>
  alarmsOf({ running: words }, { ...well, ...change })

it('nothing wants attention while all is well', () => {
  expect(alarms({})).toEqual([])
})

it('each thing that is wrong is told, the worst first', () => {
  const found = alarms({
    signing: { ...well.signing, contradicted: true, witnesses: 1, quorumMet: false },
    unlawfulCalls: 2,
    passwordWave: true,
    log: {
      head: '10',
      projections: [{ name: 'accounts', position: '4', state: 'FAILED', lagEvents: 6, error: 'x' }],
    },
    banks: [
      { ...bank, ready: false, certificateRevokedAt: '2026-11-26T11:00:00Z' },
      { ...bank, bankId: 'nordvik', heldBack: ['token'], bankCertificate: 'unreachable' },
      { ...bank, bankId: 'albion', bankCertificate: 'revoked' },
    ],
  })
  expect(found).toEqual([
    words.alarms.contradicted,
    words.alarms.unlawful(2),
    words.alarms.wave,
    words.alarms.failed('accounts'),
    words.alarms.bank('op'),
    words.alarms.ownRevoked('op'),
    words.alarms.held('nordvik'),
    words.alarms.bankUnknown('nordvik'),
    words.alarms.bankRevoked('albion'),
    words.alarms.witnesses(1, 2),
  ])
})
