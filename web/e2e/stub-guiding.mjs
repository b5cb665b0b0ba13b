// What a person of the stub says of how their money is to be read: rules, payees, budgets, muted notices.
import { day, instant } from './stub-data.mjs'

const euro = (minor) => ({ minor: String(minor), currency: 'EUR' })
const examplesShown = 5

function holds(row, condition) {
  const said = `${row.counterparty} ${row.text}`.toLowerCase()
  const size = Math.abs(Number(row.amount.minor))
  if (condition.textHolds) return said.includes(condition.textHolds.toLowerCase())
  if (condition.payeeIs) return row.counterparty.toLowerCase() === condition.payeeIs.toLowerCase()
  if (condition.onAccount) return row.accountId === condition.onAccount
  if (condition.goes) return (condition.goes === 'INCOMING') === Number(row.amount.minor) > 0
  const { least, most } = condition.amountWithin
  return size >= Number(least ?? 0) && size <= Number(most ?? Infinity)
}

function preview(person, categoryOf) {
  const rows = person.rows.filter(({ ownCategory }) => !ownCategory)
  const changed = rows.flatMap((row) => {
    const [to, reason] = categoryOf(row) || []
    return to && to !== row.category.id ? [{ row, to, reason }] : []
  })
  const moves = new Map()
  for (const { row, to } of changed) {
    const key = `${row.category.id} ${to}`
    moves.set(key, (moves.get(key) ?? 0) + 1)
  }
  const category = (id) => ({ id, kind: 'SPENDING' })
  return {
    changed,
    rows: changed.length,
    of: rows.length,
    isWhole: !person.email.startsWith('million'),
    moves: [...moves]
      .map(([key, count]) => {
        const [from, to] = key.split(' ')
        return { from: category(from), to: category(to), rows: count }
      })
      .sort((a, b) => b.rows - a.rows),
    examples: changed
      .slice(0, examplesShown)
      .map(({ row, to, reason }) => ({ transaction: row, to: category(to), reason })),
  }
}

function byRules(rules, version) {
  return (row) => {
    let found = null
    for (const rule of rules) {
      if (!rule.conditions.every((condition) => holds(row, condition))) continue
      found = [rule.categoryId, `rule:${rule.name}@${version}`]
      if (rule.stops) break
    }
    return found
  }
}

function apply({ changed }) {
  for (const { row, to, reason } of changed) {
    Object.assign(row, { category: { id: to, kind: 'SPENDING' }, categoryReason: reason })
  }
}

function shown({ name, conditions, categoryId, stops }) {
  const nothing = { textHolds: null, payeeIs: null, least: null, most: null, onAccount: null, goes: null }
  const of = ({ amountWithin, ...others }) => {
    if (!amountWithin) return { ...nothing, ...others }
    const money = (minor) => (minor ? { minor, currency: amountWithin.currency } : null)
    return { ...nothing, least: money(amountWithin.least), most: money(amountWithin.most) }
  }
  return { name, stops, category: { id: categoryId, kind: 'SPENDING' }, conditions: conditions.map(of) }
}

function budget(person, { categoryId, limit }) {
  const month = day(0).slice(0, 7)
  const spentIn = (wanted) =>
    -person.rows
      .filter(({ category, bookingDate, amount }) => {
        const euros = amount.currency === 'EUR'
        return euros && category.id === categoryId && bookingDate.startsWith(wanted)
      })
      .reduce((sum, { amount }) => sum + Number(amount.minor), 0)
  const spent = spentIn(month)
  const days = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
  const gone = Number(day(0).slice(8))
  return {
    knownAt: { position: String(person.position), recordedAt: instant(3 * 3_600_000) },
    category: { id: categoryId, kind: 'SPENDING' },
    limit: euro(limit),
    spent: euro(spent),
    left: euro(limit - spent),
    even: euro(Math.round((limit * gone) / days)),
    likely: euro(Math.round((spent * days) / gone)),
    usual: euro(spentIn(day(gone + 10).slice(0, 7))),
  }
}

function versionOf(version, adoptedAt, position, overPast, rowsMoved, rules, former) {
  const text = (rule) => JSON.stringify(rule)
  const named = (list, name) => list.find((rule) => rule.name === name)
  const changes = [
    ...rules.flatMap((rule) => {
      const before = named(former, rule.name)
      if (!before) return [{ kind: 'ADDED', name: rule.name }]
      return text(before) === text(rule) ? [] : [{ kind: 'CHANGED', name: rule.name }]
    }),
    ...former.filter(({ name }) => !named(rules, name)).map(({ name }) => ({ kind: 'REMOVED', name })),
  ]
  return { version, adoptedAt, position, overPast, rowsMoved, changes, rules }
}

const done = (person) => ({ status: 'DONE', position: person.step(), message: null })
const refused = (status) => ({ status, position: null, message: 'refused' })

export function guiding(person) {
  const stands = () => byRules(person.rules.rules, person.rules.version)
  const payeeOf = (id) => person.rows.find((row) => row.id === id)?.counterparty
  const byPayee = (payee, category) => (row) => row.counterparty === payee && [category, 'payee@1']
  return {
    budgets: () => person.budgets.map((each) => budget(person, each)),
    setBudget: ({ categoryId, limitMinor }) => {
      person.budgets = person.budgets.filter((each) => each.categoryId !== categoryId)
      if (limitMinor) person.budgets.push({ categoryId, limit: Number(limitMinor) })
      return done(person)
    },
    muteNotice: ({ key, muted }) => {
      if (muted) person.muted.add(key)
      else person.muted.delete(key)
      return done(person)
    },
    judgeRefund: ({ outId, belongs }) => {
      person.judged ??= new Map()
      person.judged.set(outId, belongs ?? undefined)
      return done(person)
    },
    keepForecast: () => {
      if (person.scores.some(({ madeOn }) => madeOn === day(0)))
        return { ...refused('ALREADY_SO'), message: null }
      person.scores = [{ madeOn: day(0), due: 0, held: 0, meanError: euro(0) }, ...person.scores]
      return done(person)
    },
    rules: () => ({
      knownAt: { position: String(person.position), recordedAt: instant(3 * 3_600_000) },
      version: person.rules.version,
      adoptedAt: person.rules.version > 0 ? person.rules.adoptedAt : null,
      rules: person.rules.rules.map(shown),
    }),
    ruleVersions: ({ first, before }) => {
      const all = person.rules.versions.filter(({ version }) => !before || version < before)
      const versions = all.slice(0, first).map((each) => ({ ...each, rules: each.rules.map(shown) }))
      return { knownAt: { position: String(person.position) }, versions, more: all.length > first }
    },
    ownModel: () => ({
      knownAt: { position: String(person.position) },
      ...person.model,
      mostCorrections: 2_000,
      baseVersion: 1,
      listsVersion: 1,
    }),
    rulesPreview: ({ rules }) => preview(person, rules ? byRules(rules, person.rules.version + 1) : stands()),
    payeePreview: ({ transactionId, categoryId }) =>
      preview(person, byPayee(payeeOf(transactionId), categoryId)),
    payeeQuestions: () =>
      person.rows.length === 0
        ? []
        : ['Kela', 'Verkkokauppa.com Oyj'].flatMap((label) => {
            const rows = person.rows.filter((row) => row.counterparty === label)
            if (rows.length === 0 || person.named.has(label)) return []
            const sum = rows.reduce((all, { amount }) => all + Number(amount.minor), 0)
            const guess = { id: label === 'Kela' ? 'income' : 'electronics', kind: 'SPENDING' }
            const question = { payee: label.toLowerCase(), label, rows: rows.length, amount: euro(sum) }
            return [{ ...question, transactionId: rows[0].id, guess, confidencePerMille: 412 }]
          }),
    adoptRules: ({ fromVersion, rules, overPast }) => {
      if (fromVersion !== person.rules.version) return refused('MOVED')
      const version = fromVersion + 1
      const changed = preview(person, byRules(rules, version))
      if (overPast) apply(changed)
      const position = person.step()
      const moved = overPast ? changed.rows : 0
      const versions = [
        versionOf(version, instant(0), position, overPast, moved, rules, person.rules.rules),
        ...person.rules.versions,
      ]
      person.rules = { version, adoptedAt: instant(0), rules, versions }
      return { status: 'DONE', position, message: null }
    },
    namePayee: ({ transactionId, categoryId, overPast }) => {
      const payee = payeeOf(transactionId)
      if (!payee) return refused('NOT_FOUND')
      if (categoryId) person.named.add(payee)
      else person.named.delete(payee)
      if (categoryId && overPast) apply(preview(person, byPayee(payee, categoryId)))
      return done(person)
    },
  }
}

/** What a person with rows has said already. */
export function saidBefore() {
  const rule = (name, conditions, categoryId, stops = false) => ({ name, conditions, categoryId, stops })
  const swimming = rule('Swimming', [{ textHolds: 'uimahallit' }, { goes: 'OUTGOING' }], 'sports_fitness')
  const amountWithin = { least: '4000', most: null, currency: 'EUR' }
  const dinner = rule('Dinner out', [{ payeeIs: 'Ravintola Savoy' }, { amountWithin }], 'restaurants', true)
  const coffee = rule('Coffee', [{ textHolds: 'kahvila' }], 'restaurants')
  const sets = [
    [[coffee], 300, 0, 4_011],
    [[coffee, swimming], 120, 12, 4_502],
    [[swimming, dinner], 40, 31, 4_870],
  ]
  const versions = sets.map(([rules, ago, moved, position], index) => {
    const former = sets[index - 1]?.[0] ?? []
    const at = instant(ago * 86_400_000)
    return versionOf(index + 1, at, String(position), moved > 0, moved, rules, former)
  })
  return {
    rules: {
      version: 3,
      adoptedAt: instant(40 * 86_400_000),
      rules: [swimming, dinner],
      versions: versions.reverse(),
    },
    model: { corrections: 148, payees: 61, newest: 100, foretold: 72, rows: 463, sure: 431 },
    budgets: [
      { categoryId: 'groceries', limit: 125_000 },
      { categoryId: 'restaurants', limit: 50_000 },
      { categoryId: 'entertainment', limit: 40_000 },
    ],
    scores: [
      { madeOn: day(30), due: 4, held: 4, meanError: euro(14_120) },
      { madeOn: day(61), due: 8, held: 7, meanError: euro(20_475) },
    ],
  }
}
