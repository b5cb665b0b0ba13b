// What the stub tells those who hold a role: auditor@, analyst@, operator@, or keeper@, who holds all three.
// analyst-of-few@ is told of nobody, and auditor-with-cause@ of calls that should not have been made.
import { instant } from './stub-data.mjs'
import { proofOf } from './stub-proof.mjs'

const day = 86_400_000
const kinds = ['AUDITOR', 'ANALYST', 'OPERATOR']
const head = 5_000
const pageSize = 50
const people = ['0199f3c2-1d10-7000-8000-000000000001', '0199f3c2-1d11-7000-8000-000000000002']
const chain = ['0199f3c2-ab01-7000-8000-00000000000a', '0199f3c2-ab02-7000-8000-00000000000b']
const hash = (letter) => letter.repeat(64)
const known = () => ({ position: String(head), recordedAt: instant(0) })

/** What happens in the stub's log, over and over, with the stream it stands in. */
const story = [
  ['person.signed_up', 'person-0199f3c2-1d10', 'person', 0],
  ['consent.requested', 'consent-0199f3c2-1d12', 'person', 0],
  ['consent.granted', 'consent-0199f3c2-1d12', 'bank', 0],
  ['fetch.answered', 'fetch-0199f3c2-1d13', 'service', 0],
  ['account.transaction_recorded', 'account-0199f3c2-1d14', 'service', 0],
  ['account.balance_recorded', 'account-0199f3c2-1d14', 'service', 1],
  ['role.used', 'role-0199f3c2-1d15', 'operator', null],
  ['registration.client_registered', 'registration-op', 'operator', null],
]

const eventAt = (position) => {
  const [eventType, stream, actor, whose] = story[(position - 1) % story.length]
  return {
    position: String(position),
    recordedAt: instant((head - position) * 60_000 + 1_000),
    eventType,
    stream,
    version: 1,
    actor,
    correlation: chain[position % 2],
    person: whose === null ? null : people[whose],
    leafHash: hash('a'),
  }
}

/** The filters of the log: `key:value`, where a star stands for the rest. */
function fits(filter, event) {
  return filter
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => {
      const [key, value = ''] = word.split(/:(.*)/)
      const own = { type: event.eventType, actor: event.actor, stream: event.stream, subject: event.person }
      const text = { ...own, correlation: event.correlation }[key] ?? ''
      return value.endsWith('*') ? text.startsWith(value.slice(0, -1)) : text === value
    })
}

function timelineOf({ filter, asOf, after, first }) {
  const events = []
  let position = Number(after ?? 0)
  const last = Math.min(Number(asOf ?? head), head)
  while (events.length < (first ?? pageSize) && position < last) {
    position += 1
    const event = eventAt(position)
    if (fits(filter, event)) events.push(event)
  }
  return { events, reached: String(position), more: position < last }
}

const stepsOf = (until) =>
  [1, 2, 3, 8].map((position, number) => ({
    position: String(position),
    recordedAt: instant((head - position) * 60_000),
    eventType: ['consent.requested', 'consent.redirected', 'consent.granted', 'consent.secret_sealed'][
      number
    ],
    says: 'The person asked to connect the bank.',
    actor: number === 2 ? 'bank' : 'person',
    correlation: chain[0],
    approvedBy: number === 2 ? 'the person, authenticated at the bank (urn:openbanking:psd2:sca)' : null,
    facts: [
      { name: 'request_object_digest', value: hash('b') },
      { name: 'asked_until', value: until },
    ],
    changed:
      number === 0 ? [] : [{ field: 'status', before: number === 1 ? null : 'pending', after: 'active' }],
    leafHash: hash('c'),
    erased: number === 3,
  }))

const why = (position) => ({
  position,
  eventType: 'account.transaction_recorded',
  stood: true,
  leave: {
    consentId: '0199f3c2-1d12-7000-8000-000000000003',
    bankId: 'op',
    purpose: 'account_information',
    status: 'active',
    grantedAt: instant(60 * day),
    expiresAt: instant(-120 * day),
    accounts: [],
  },
  call: {
    position: '4',
    consentId: '0199f3c2-1d12-7000-8000-000000000003',
    purpose: 'scheduled',
    endpoint: 'account_transactions',
    accountId: null,
    attended: false,
    requestId: '0199f3c2-1d16-7000-8000-000000000004',
    bankRequestId: null,
    status: 200,
    code: null,
    certificateFingerprint: hash('d'),
    bodyDigest: hash('e'),
    sentAt: instant(3 * day),
  },
})

function differenceOf({ from, to }) {
  const counts = new Map()
  for (let position = Number(from) + 1; position <= Number(to); position += 1) {
    const { eventType } = eventAt(position)
    counts.set(eventType, (counts.get(eventType) ?? 0) + 1)
  }
  const types = [...counts].map(([eventType, count]) => ({ eventType, count }))
  return { events: Number(to) - Number(from), streams: 6, types, more: false }
}

const exception = {
  position: '4120',
  kind: 'after_end',
  consentId: '0199f3c2-1d12-7000-8000-000000000003',
  accountId: null,
  endpoint: 'transactions',
  requestId: '0199f3c2-1d16-7000-8000-000000000005',
  sentAt: instant(9 * day),
}

const modelNames = [
  'accounts',
  'audit',
  'connections',
  'coverage',
  'people',
  'roles',
  'spending',
  'transactions',
]

function running() {
  return {
    at: instant(0),
    log: {
      head: String(head),
      projections: modelNames.map((name, number) => ({
        name,
        position: String(head),
        state: number === 3 ? 'REBUILDING' : 'LIVE',
        lagEvents: number === 3 ? 1_412 : 0,
        error: null,
      })),
    },
    signing: {
      size: String(head - 3),
      unsigned: 3,
      contradicted: false,
      witnesses: 2,
      witnessesKnown: 3,
      quorumMet: true,
    },
    waiting: [
      { what: 'runs_of_reading', count: 2 },
      { what: 'answers_of_people_at_banks', count: 1 },
      { what: 'withdrawals_to_tell', count: 0 },
      { what: 'erasures', count: 0 },
    ],
    banks: ['op', 'nordvik', 'albion'].map((bankId, number) => ({
      bankId,
      ready: number < 2,
      certificatesEndAt: instant(-200 * day),
      preparedCertificatesEndAt: number === 0 ? instant(-500 * day) : null,
      certificateRevokedAt: null,
      bankCertificate: null,
      secretEndsAt: number === 1 ? instant(-90 * day) : null,
      validatedAt: null,
      failedStep: number === 2 ? 'software_statement' : null,
      heldBack: [],
    })),
    ending: [
      { what: 'role', name: '0199f3c2-1d17-7000-8000-000000000006', endsAt: instant(day) },
      { what: 'certificate', name: 'nordvik', endsAt: instant(-12 * day) },
    ],
    unlawfulCalls: 0,
    passwordWave: false,
    requestsInFlight: 4,
    requestsShed: 0,
    residentMebibytes: 84,
  }
}

const categories = ['groceries', 'housing', 'public_transport', 'restaurants', 'income', 'health', 'telecom']

function analysisOf(few) {
  if (few) return { people: 0, rows: [], more: false, knownAt: known() }
  const rows = Array.from({ length: 140 }, (_, number) => {
    const category = categories[number % categories.length]
    const minor = category === 'income' ? 284_000 + number : -(1_250 + number * 37)
    return {
      person: `p${number % 9}`,
      account: `a${number % 11}`,
      day: '2026-01-05',
      amount: { minor: String(minor), currency: number % 23 === 0 ? 'SEK' : 'EUR' },
      category,
    }
  })
  return { people: 9, rows, more: false, knownAt: known() }
}

/** The roles of a person: by the first part of the address. */
function rolesOf(email) {
  const own = kinds.filter((kind) => email.startsWith(kind.toLowerCase()) || email.startsWith('keeper'))
  return own.map((role, number) => ({
    id: `role-${number + 1}`,
    role,
    people: null,
    factsFrom: null,
    factsTo: null,
    endsAt: instant(-30 * day),
    stands: true,
    knownAt: known(),
  }))
}

const giving = (id, holder, role, more) => ({
  id,
  holder,
  role,
  people: null,
  factsFrom: null,
  factsTo: null,
  grantedAt: instant(10 * day),
  endsAt: instant(-20 * day),
  withdrawnAt: null,
  reason: 'yearly_audit',
  uses: 0,
  stands: true,
  knownAt: known(),
  ...more,
})

/** What is kept of the roles and tokens a person gives, for as long as the person is signed in. */
function keptOf(person) {
  person.given ??= [
    giving('given-1', people[0], 'AUDITOR', { uses: 14 }),
    giving('given-2', people[1], 'ANALYST', { stands: false, withdrawnAt: instant(day), uses: 1 }),
  ]
  person.tokens ??= []
  return person
}

/** Only who holds the role is answered; anybody else is told that it is not allowed. */
export function rolesAnswers(person) {
  const roles = rolesOf(person.email)
  const kept = keptOf(person)
  const empty = roles.length === 0
  const cause = person.email.startsWith('auditor-with-cause')
  return {
    myRoles: () => roles,
    readingsOfMe: () =>
      empty
        ? []
        : [
            {
              position: '4012',
              roleId: 'role-1',
              what: 'timeline',
              byProgram: false,
              at: instant(day),
              knownAt: known(),
            },
          ],
    auditScope: ({ roleId }) => ({
      roleId,
      after: '0',
      to: String(head),
      recordedAt: instant(0),
      people: null,
    }),
    auditTimeline: timelineOf,
    auditStory: ({ stream, asOf }) => ({
      about: stream,
      until: asOf ?? String(head),
      steps: stepsOf(instant(0)),
      more: false,
    }),
    auditWhy: ({ position }) => why(position),
    auditProof: ({ position }) => proofOf(position),
    auditDifference: differenceOf,
    auditExceptions: () => (cause ? [exception] : []),
    running,
    roles: () => kept.given,
    grantRole: ({ role }) => {
      const id = `given-${kept.given.length + 1}`
      kept.given = [
        ...kept.given,
        giving(id, role.holder, role.role, { endsAt: role.endsAt, reason: role.reason }),
      ]
      return { id, position: person.step() }
    },
    withdrawRole: ({ id }) => {
      const found = kept.given.find((one) => one.id === id)
      Object.assign(found, { stands: false, withdrawnAt: instant(0) })
      return { id, position: person.step() }
    },
    myTokens: () => kept.tokens,
    issueToken: ({ token }) => {
      const id = `token-${kept.tokens.length + 1}`
      const fresh = { issuedAt: instant(0), revokedAt: null, uses: 0, usedAt: null, stands: true }
      kept.tokens = [...kept.tokens, { id, holder: people[0], ...token, ...fresh }]
      return { id, refreshToken: 'oplr_shown-once-and-kept-nowhere', position: person.step() }
    },
    revokeToken: ({ id }) => {
      Object.assign(
        kept.tokens.find((one) => one.id === id),
        { stands: false, revokedAt: instant(0) },
      )
      return { position: person.step() }
    },
    analysis: () => analysisOf(person.email.startsWith('analyst-of-few')),
  }
}
