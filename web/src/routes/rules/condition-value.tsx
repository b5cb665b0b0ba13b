import { useQuery } from '@tanstack/react-query'
import { usePageWords } from '../../i18n/page-words'
import { type ConditionDraft, longestWords } from '../../lib/rules'
import { accountsOptions } from '../../queries/options'
import { useAccountText } from '../../ui/name'

type ConditionValueProps = {
  condition: ConditionDraft
  marks: { 'aria-invalid': true | undefined; 'aria-describedby': string | undefined }
  onChange: (condition: ConditionDraft) => void
}

/** What a condition asks for: words, an amount, an account or a direction. */
export function ConditionValue({ condition, marks, onChange }: ConditionValueProps) {
  const { rules: texts, budgets } = usePageWords()
  const accounts = useQuery(accountsOptions).data ?? []
  const accountText = useAccountText()
  const { kind, words, least, most, currency, account, way } = condition
  const currencies = [...new Set([currency, ...accounts.map((one) => one.currency)])]
  switch (kind) {
    case 'goes':
      return (
        <select
          {...marks}
          aria-label={texts.conditions.goes}
          className="control"
          value={way}
          onChange={({ target }) =>
            onChange({ ...condition, way: target.value === 'INCOMING' ? 'INCOMING' : 'OUTGOING' })
          }
        >
          <option value="OUTGOING">{texts.OUTGOING}</option>
          <option value="INCOMING">{texts.INCOMING}</option>
        </select>
      )
    case 'onAccount':
      return (
        <select
          {...marks}
          aria-label={texts.conditions.onAccount}
          className="control"
          value={account}
          onChange={({ target }) => onChange({ ...condition, account: target.value })}
        >
          <option value="">–</option>
          {accounts.map((one, place) => (
            <option key={one.id} value={one.id}>
              {accountText(one, place)}
            </option>
          ))}
        </select>
      )
    case 'amountWithin':
      return (
        <div className="grid grid-cols-[1fr_1fr_auto] gap-2">
          {(['least', 'most'] as const).map((end) => (
            <input
              key={end}
              {...marks}
              aria-label={texts[end]}
              placeholder={texts[end]}
              className="control min-w-0 tabular-nums"
              inputMode="decimal"
              autoComplete="off"
              value={end === 'least' ? least : most}
              onChange={({ target }) => onChange({ ...condition, [end]: target.value })}
            />
          ))}
          <select
            aria-label={budgets.currency}
            className="control w-auto px-2"
            value={currency}
            onChange={({ target }) => onChange({ ...condition, currency: target.value })}
          >
            {currencies.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      )
    default:
      return (
        <input
          {...marks}
          aria-label={texts.conditions[kind]}
          className="control"
          maxLength={longestWords}
          value={words}
          onChange={({ target }) => onChange({ ...condition, words: target.value })}
        />
      )
  }
}
