// Doubts, verdicts and edits of one person of the stub: as much of the real rules as the page can see.
import { day, instant } from './stub-data.mjs'

const hour = 3_600_000

function doubted(row, index, more) {
  return {
    ...row,
    id: `${row.accountId}-d${index}`,
    archiveId: `2026112400000${index}`,
    standing: 'DOUBTED',
    recordedAt: instant(2 * hour),
    position: String(4_000 + index),
    parts: [],
    decisions: [],
    otherReadings: [],
    ...more,
  }
}

const reasons = (...kinds) => kinds.map(([kind, number = null]) => ({ kind, number }))

function review(row, index, candidates) {
  return {
    doubtedAt: instant(2 * hour),
    position: String(4_000 + index),
    verdict: null,
    byPerson: false,
    resolvedAt: null,
    resolvedPosition: null,
    transaction: row,
    candidates,
  }
}

/** Three doubts about rows that are there: nearly certain, hard to say, and with two candidates. */
export function doubtsAbout(rows) {
  const [first, second, third, fourth] = rows.filter((row) => row.accountId === 'c-op-everyday')
  const twin = doubted(first, 1, {})
  const drift = doubted(second, 2, {
    amount: { ...second.amount, minor: String(Number(second.amount.minor) - 350) },
    bookingDate: day(1),
    text: `${second.counterparty} Helsinki`,
  })
  const either = doubted(third, 3, {})
  return [
    review(twin, 1, [
      {
        transaction: first,
        score: 930,
        reasons: reasons(['SAME_AMOUNT'], ['SAME_COUNTERPARTY'], ['DAYS_APART', 0], ['EQUAL_BUT_REFERENCE']),
      },
    ]),
    review(drift, 2, [
      {
        transaction: second,
        score: 520,
        reasons: reasons(
          ['AMOUNT_DIFFERS', 42],
          ['SAME_COUNTERPARTY'],
          ['TEXT_ALIKE', 610],
          ['DAYS_APART', 1],
        ),
      },
    ]),
    review(either, 3, [
      { transaction: third, score: 700, reasons: reasons(['SAME_AMOUNT'], ['CLOSE_SECOND', 80]) },
      { transaction: fourth, score: 620, reasons: reasons(['DAYS_APART', 2], ['IDENTIFIERS_NOT_TRUSTED']) },
    ]),
  ]
}

const stand = (row, standing) => ({ ...row, standing })

/** What newer rules would change: two rows that are one, and one that counts after all. */
export function newerAbout(rows) {
  const [first, second, third] = rows.filter((row) => row.accountId === 'c-op-everyday').slice(4)
  return {
    state: 'DONE',
    rulesVersion: 6,
    accounts: 3,
    accountsDone: 3,
    totalCount: 2,
    keptCount: 1,
    unreadWindows: 0,
    position: '4100',
    digest: 'a'.repeat(64),
    changes: [
      {
        kind: 'JOINED',
        score: 960,
        reasons: reasons(['SAME_AMOUNT'], ['SAME_COUNTERPARTY'], ['BOOKED']),
        rows: [
          { transaction: first, edited: true, before: stand(first, 'COUNTED'), now: stand(first, 'COUNTED') },
          {
            transaction: second,
            edited: false,
            before: stand(first, 'COUNTED'),
            now: stand(first, 'ABSORBED'),
          },
        ],
      },
      {
        kind: 'NEW',
        score: 1_000,
        reasons: reasons(['BOTH_SHOWN']),
        rows: [
          {
            transaction: null,
            edited: false,
            before: stand(third, 'WITHDRAWN'),
            now: stand(third, 'COUNTED'),
          },
        ],
      },
    ],
  }
}

const nothingOlder = {
  state: 'NOTHING_OLDER',
  rulesVersion: 6,
  accounts: 0,
  accountsDone: 0,
  totalCount: 0,
  keptCount: 0,
  unreadWindows: 0,
  position: null,
  digest: null,
  changes: [],
}

function decision(person, kind, more = {}) {
  return {
    position: person.step(),
    kind,
    otherId: null,
    byPerson: true,
    score: 1_000,
    rulesVersion: 2,
    reasons: reasons(['PERSON_SAID']),
    evidence: null,
    decidedAt: instant(0),
    undoneAt: null,
    undoable: false,
    ...more,
  }
}

/** The newest joining of a row is the one that can be undone. */
function note(row, made) {
  if (made.undoable) for (const each of row.decisions) each.undoable = false
  row.decisions = [made, ...row.decisions]
}

function joined(person, stays, goes, kind) {
  const made = decision(person, kind, { otherId: goes.id, undoable: true })
  goes.standing = 'ABSORBED'
  goes.sameAs = stays.id
  stays.otherReadings = [...stays.otherReadings, goes]
  note(stays, made)
  return made.position
}

function find(person, id) {
  return person.rows.find((row) => row.id === id)
}

const done = (position) => ({ status: 'DONE', position })

export function editing(person) {
  return {
    reviews: ({ first, after }) => {
      const open = person.reviews.filter(({ verdict }) => verdict === null)
      const rest = open.filter(({ position }) => !after || Number(position) > Number(after))
      const nodes = rest.slice(0, first)
      const pageInfo = { hasNextPage: rest.length > first, endCursor: nodes.at(-1)?.position ?? null }
      return { nodes, totalCount: open.length, pageInfo }
    },
    resolvedReviews: ({ first }) => person.reviews.filter(({ verdict }) => verdict !== null).slice(0, first),
    newerRules: () => person.newer ?? nothingOlder,
    acceptNewerRules: ({ digest }) => {
      if (person.newer?.digest !== digest) return { status: 'MOVED_ON', changes: 0, position: null }
      const changes = person.newer.totalCount
      person.newer = null
      return { status: 'ACCEPTED', changes, position: person.step() }
    },
    decideReview: ({ transactionId, verdict, sameAs }) => {
      const found = person.reviews.find(({ transaction }) => transaction.id === transactionId)
      if (!found) return { status: 'NOT_FOUND', position: null }
      if (found.verdict) return { status: 'NOT_DOUBTED', position: null }
      const stays = verdict === 'SAME_AS' ? find(person, sameAs) : null
      if (!stays) found.transaction.standing = 'COUNTED'
      const position = stays ? joined(person, stays, found.transaction, 'RESOLVED') : person.step()
      Object.assign(found, { verdict, byPerson: true, resolvedAt: instant(0), resolvedPosition: position })
      return done(position)
    },
    undoDecision: ({ position }) => {
      const row = person.rows.find(({ decisions }) => decisions.some((made) => made.position === position))
      const made = row?.decisions.find((each) => each.position === position)
      if (!made?.undoable) return { status: 'NOT_JOINED', position: null }
      const other = find(person, made.otherId)
      const doubt = person.reviews.find(({ transaction }) => transaction === other)
      Object.assign(other, { standing: doubt ? 'DOUBTED' : 'COUNTED', sameAs: null })
      row.otherReadings = row.otherReadings.filter(({ id }) => id !== other.id)
      const undone = decision(person, 'PARTED', { otherId: other.id })
      Object.assign(made, { undoable: false, undoneAt: undone.position })
      note(row, undone)
      // A verdict that is undone leaves the doubt as it was.
      if (doubt)
        Object.assign(doubt, { verdict: null, byPerson: false, resolvedAt: null, resolvedPosition: null })
      return done(undone.position)
    },
    mergeTransactions: ({ transactionId, absorbedId }) => {
      if (transactionId === absorbedId) return { status: 'ITSELF', position: null }
      return done(joined(person, find(person, transactionId), find(person, absorbedId), 'MERGED'))
    },
    categoriseTransaction: ({ transactionId, categoryId }) => {
      const row = find(person, transactionId)
      row.rulesCategory ??= row.category
      row.ownCategory = categoryId ? { id: categoryId, kind: 'SPENDING' } : null
      row.category = row.ownCategory ?? row.rulesCategory
      const made = decision(person, 'CATEGORISED')
      note(row, made)
      return done(made.position)
    },
    noteTransaction: ({ transactionId, note: text }) => {
      const row = find(person, transactionId)
      row.note = text
      const made = decision(person, 'NOTED')
      note(row, made)
      return done(made.position)
    },
    editTransactions: ({ changes }) => {
      const former = []
      const leftAlone = []
      for (const change of changes) {
        const row = person.rows.find(({ id }) => id === change.transactionId)
        if (!row) {
          leftAlone.push({ transactionId: change.transactionId, status: 'NOT_FOUND' })
          continue
        }
        former.push({
          transactionId: row.id,
          categoryChanged: change.categoryId !== undefined,
          categoryId: row.ownCategory?.id ?? null,
          noteChanged: change.note !== undefined,
          note: row.note ?? null,
          hidden: change.hidden === undefined ? null : Boolean(row.hidden),
        })
        if (change.categoryId !== undefined) {
          row.rulesCategory ??= row.category
          row.ownCategory = change.categoryId ? { id: change.categoryId, kind: 'SPENDING' } : null
          row.category = row.ownCategory ?? row.rulesCategory
        }
        if (change.note !== undefined) row.note = change.note
        if (change.hidden !== undefined) row.hidden = change.hidden
      }
      return { position: person.step(), leftAlone, former }
    },
    splitTransaction: ({ transactionId, parts }) => {
      const row = find(person, transactionId)
      const sum = parts.reduce((all, { minor }) => all + Number(minor), 0)
      if (parts.length > 0 && sum !== Number(row.amount.minor)) return { status: 'PARTS_SUM', position: null }
      row.parts = parts.map(({ minor, categoryId, note: text }) => ({
        amount: { minor, currency: row.amount.currency },
        category: categoryId ? { id: categoryId, kind: 'SPENDING' } : null,
        note: text,
      }))
      const made = decision(person, 'SPLIT')
      note(row, made)
      return done(made.position)
    },
  }
}

/** A row that was pending, was corrected later, and says why. */
export function withHistory(row) {
  row.decisions = [
    {
      position: '4210',
      kind: 'AMENDED',
      otherId: null,
      byPerson: false,
      score: 960,
      rulesVersion: 2,
      reasons: reasons(['SAME_REFERENCE'], ['AMOUNT_DIFFERS', 12]),
      evidence: { fetchId: 'f-2', answer: 3, row: 17 },
      decidedAt: instant(26 * hour),
      undoneAt: null,
      undoable: true,
    },
    {
      position: '4100',
      kind: 'SETTLED',
      otherId: null,
      byPerson: false,
      score: 980,
      rulesVersion: 2,
      reasons: reasons(['BOOKED'], ['SAME_AMOUNT'], ['SAME_COUNTERPARTY'], ['PENDING_GONE']),
      evidence: { fetchId: 'f-1', answer: 2, row: 4 },
      decidedAt: instant(50 * hour),
      undoneAt: null,
      undoable: false,
    },
  ]
}
