// What one signed-in person of the stub has, and how it changes.
import { accountsOf, banks, instant, readingOf, transactionsOf } from './stub-data.mjs'
import { saidBefore } from './stub-guiding.mjs'
import { filesOf } from './stub-import.mjs'
import { doubtsAbout, newerAbout, withHistory } from './stub-reviews.mjs'

const dayMilliseconds = 86_400_000
const readingMilliseconds = 2_500

const never = {
  state: 'NEVER',
  startedAt: null,
  finishedAt: null,
  accountsDone: 0,
  accountsTotal: 0,
  transactionsRead: 0,
  transactionsNew: 0,
  accountsLeftOut: 0,
  problem: null,
}

function connection(id, bankId, status, more) {
  const bank = banks.find((each) => each.id === bankId)
  return {
    id,
    bank,
    status,
    requestedAt: instant(60 * dayMilliseconds),
    grantedAt: instant(60 * dayMilliseconds),
    expiresAt: instant(-120 * dayMilliseconds),
    reconfirmBy: null,
    rests: false,
    endedAt: null,
    endedReason: null,
    historyFrom: instant(790 * dayMilliseconds).slice(0, 10),
    bankTold: true,
    accounts: [],
    sync: never,
    reading: readingOf(),
    ...more,
  }
}

function done(accounts, rows) {
  return {
    ...never,
    state: 'DONE',
    startedAt: instant(3 * 3_600_000 + 9_000),
    finishedAt: instant(3 * 3_600_000),
    accountsDone: accounts,
    accountsTotal: accounts,
    transactionsRead: rows,
    transactionsNew: 14,
  }
}

export class StubPerson {
  constructor(email) {
    this.email = email
    this.files = filesOf(email)
    this.signedUpAt = instant(61 * dayMilliseconds)
    this.position = 5_000
    this.connections = []
    this.rows = []
    this.reviews = []
    this.newer = null
    this.calendar = false
    this.muted = new Set()
    this.named = new Set()
    Object.assign(this, { rules: { version: 0, rules: [], versions: [] }, budgets: [], scores: [] })
    this.model = { corrections: 0, payees: 0, newest: 0, foretold: 0, rows: 0, sure: 0 }
    const known = ['aino', 'many', 'million'].some((name) => email.startsWith(name))
    if (known) this.fill(email.startsWith('many'))
    if (email.startsWith('kate')) this.fillResting()
  }

  fill(many) {
    const op = connection('c-op', 'op', 'ACTIVE', { accounts: accountsOf('op', 'c-op') })
    const nordea = connection('c-nordea', 'nordea', 'ACTIVE', {
      accounts: accountsOf('nordea', 'c-nordea'),
      expiresAt: instant(-9.5 * dayMilliseconds),
      grantedAt: instant(80 * dayMilliseconds),
    })
    const handelsbanken = connection('c-shb', 'handelsbanken', 'ACTIVE', {
      accounts: accountsOf('handelsbanken', 'c-shb'),
    })
    const former = connection('c-s', 's-pankki', 'REVOKED', {
      accounts: accountsOf('s-pankki', 'c-s', false),
      endedAt: instant(12 * dayMilliseconds),
      endedReason: 'REVOKED_BY_PERSON',
      bankTold: false,
    })
    const dead = connection('c-dead', 's-pankki', 'REVOKED', {
      accounts: accountsOf('s-pankki', 'c-dead', false),
      endedAt: instant(5 * 3_600_000),
      endedReason: 'REVOKED_BY_BANK',
    })
    const refused = connection('c-no', 'nordea', 'REFUSED', {
      grantedAt: null,
      expiresAt: null,
      endedAt: instant(81 * dayMilliseconds),
      endedReason: 'REFUSED_AT_BANK',
    })
    this.connections = [op, nordea, handelsbanken, dead, former, refused]
    this.rows = transactionsOf(this.accounts(), many ? 3_650 : 790, many ? 9 : 0.7)
    for (const each of [op, nordea, handelsbanken]) each.sync = done(each.accounts.length, this.rows.length)
    handelsbanken.sync.accountsLeftOut = 2
    nordea.sync = { ...nordea.sync, state: 'FAILED', problem: 'BANK_UNREACHABLE' }
    const failed = { nextWhy: 'AFTER_FAILURE', problem: 'BANK_UNREACHABLE', byHandFrom: instant(-3_600_000) }
    nordea.reading = readingOf(failed)
    for (const account of nordea.accounts) {
      const line = { minor: '200000', currency: 'EUR' }
      const balance = account.balances.find(({ kind }) => kind === 'AVAILABLE')
      balance.amount = { ...balance.amount, minor: String(Number(balance.amount.minor) + 200_000) }
      Object.assign(account, { reading: readingOf(failed), beyondOwn: line, available: balance.amount })
    }
    this.fillDoubts()
    this.newer = newerAbout(this.rows)
    Object.assign(this, saidBefore())
  }

  /** One connection that rests until she says that it may go on, and one that soon will. */
  fillResting() {
    const rests = connection('c-rests', 'handelsbanken', 'NEEDS_CONFIRMATION', {
      accounts: accountsOf('handelsbanken', 'c-rests'),
      reconfirmBy: instant(dayMilliseconds),
      rests: true,
    })
    const soon = connection('c-soon', 'op', 'ACTIVE', {
      accounts: accountsOf('op', 'c-soon'),
      reconfirmBy: instant(-5.5 * dayMilliseconds),
    })
    this.connections = [rests, soon]
    this.rows = transactionsOf(this.accounts(), 30, 0.7)
    for (const each of this.connections) each.sync = done(each.accounts.length, this.rows.length)
  }

  reconfirm(id) {
    const found = this.find(id)
    if (!found?.reconfirmBy) return { status: found ? 'NOT_HERE' : 'NOT_FOUND' }
    Object.assign(found, { status: 'ACTIVE', rests: false, reconfirmBy: instant(-90 * dayMilliseconds) })
    return { status: 'CONFIRMED', position: this.step() }
  }

  fillDoubts() {
    const [pending, gone, , , , , told] = this.rows.filter(({ accountId }) => accountId === 'c-op-everyday')
    this.reviews = doubtsAbout(this.rows.filter((row) => row !== pending && row !== gone))
    this.newer = null
    this.rows = [...this.reviews.map(({ transaction }) => transaction), ...this.rows]
    this.rows.sort((a, b) => b.bookingDate.localeCompare(a.bookingDate))
    pending.state = 'PENDING'
    gone.standing = 'WITHDRAWN'
    Object.assign(told, { id: 'c-op-everyday-told', note: 'Birthday present' })
    withHistory(told)
  }

  notices() {
    const told = (found, daysLeft, severity, confirmHere = false) => ({
      daysLeft,
      severity,
      confirmHere,
      connection: {
        ...found,
        lastGoodReads: found.accounts.map((account) => ({ account, lastGoodRead: account.lastReadAt })),
      },
    })
    return this.connections.flatMap((found) => {
      const left = Math.ceil((new Date(found.expiresAt) - Date.now()) / dayMilliseconds)
      const confirmIn = Math.ceil((new Date(found.reconfirmBy ?? 0) - Date.now()) / dayMilliseconds)
      if (found.rests) return [told(found, 0, 'URGENT', true)]
      if (found.reconfirmBy && confirmIn <= 14) return [told(found, confirmIn, 'SOON', true)]
      if (found.endedReason === 'REVOKED_BY_BANK') return [told(found, 0, 'ENDED')]
      if (found.status !== 'ACTIVE' || left > 30) return []
      return [told(found, left, left > 7 ? 'INFORMATION' : left > 1 ? 'SOON' : 'URGENT')]
    })
  }

  accounts() {
    return this.connections.flatMap((each) => each.accounts)
  }

  find(id) {
    return this.connections.find((each) => each.id === id) ?? null
  }

  step() {
    this.position += 1
    return String(this.position)
  }

  begin(bankId, consentDays) {
    const id = `c-${this.connections.length + 1}`
    const expiresAt = instant(-consentDays * dayMilliseconds)
    const fresh = { grantedAt: null, requestedAt: instant(0), expiresAt }
    this.connections.unshift(connection(id, bankId, 'PENDING', fresh))
    return id
  }

  grant(id) {
    const found = this.find(id)
    if (found.renewalDays) found.expiresAt = instant(-found.renewalDays * dayMilliseconds)
    Object.assign(found, { status: 'ACTIVE', grantedAt: instant(0), endedAt: null, endedReason: null })
    for (const account of found.accounts) account.live = true
    this.read(found)
  }

  refuse(id) {
    Object.assign(this.find(id), { status: 'REFUSED', endedAt: instant(0), endedReason: 'REFUSED_AT_BANK' })
  }

  /** Starts a reading that is over after a few seconds; `told` hears of every change. */
  read(found, told = this.told) {
    const total = found.accounts.length || accountsOf(found.bank.id, found.id).length
    found.sync = { ...never, state: 'RUNNING', startedAt: instant(0), accountsTotal: total }
    const readings = (more) => {
      found.reading = readingOf(more)
      for (const account of found.accounts) account.reading = readingOf(more)
    }
    readings({ running: true })
    setTimeout(() => {
      Object.assign(found.sync, { accountsDone: total - 1, transactionsRead: 212 })
      told?.('sync')
    }, readingMilliseconds / 2)
    setTimeout(() => {
      if (found.accounts.length === 0) {
        found.accounts = accountsOf(found.bank.id, found.id)
        this.rows = transactionsOf(this.accounts(), 200, 0.7)
      }
      found.sync = { ...done(total, this.rows.length), finishedAt: instant(0) }
      readings({})
      for (const account of found.accounts) account.lastReadAt = instant(0)
      for (const topic of ['connections', 'accounts', 'transactions', 'spending']) told?.(topic)
    }, readingMilliseconds)
  }

  /** Ends a connection and takes its accounts and rows out of sight. */
  remove(id) {
    this.revoke(id)
    const found = this.find(id)
    const gone = new Set(found.accounts.map((account) => account.id))
    found.accounts = []
    this.rows = this.rows.filter(({ accountId }) => !gone.has(accountId))
  }

  revoke(id) {
    const found = this.find(id)
    Object.assign(found, { status: 'REVOKED', endedAt: instant(0), endedReason: 'REVOKED_BY_PERSON' })
    for (const account of found.accounts) account.live = false
  }
}
