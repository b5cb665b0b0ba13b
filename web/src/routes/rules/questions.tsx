import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { NamePayeeDocument, type PayeeQuestionsQuery } from '../../gql/graphql'
import { usePageWords } from '../../i18n/page-words'
import { categoryText, useWords } from '../../i18n/words'
import { usePercent } from '../../ledger/reasons'
import { useGuide, useGuideRefusal } from '../../lib/guide'
import { payeeQuestionsOptions } from '../../queries/insights'
import { useAmountText } from '../../ui/amount'
import { Button } from '../../ui/button'
import { CategorySelect } from '../../ui/category-select'
import { Name, useNameText } from '../../ui/name'
import { Card } from '../../ui/page'
import { Refusal } from '../../ui/refusal'
import { Failure } from '../../ui/states'

type Question = PayeeQuestionsQuery['payeeQuestions'][number]

/** The payees nobody is sure of: said once, all their rows follow. Nothing is shown while there are none. */
export function Questions() {
  const { rules: texts } = usePageWords()
  const found = useQuery(payeeQuestionsOptions())
  if (found.isError) return <Failure error={found.error} retry={() => found.refetch()} />
  if (!found.data || found.data.length === 0) return null
  return (
    <Card title={texts.questions}>
      <p className="mb-3 text-muted">{texts.questionsText}</p>
      <ul>
        {found.data.map((question) => (
          <li key={question.payee} className="border-t border-line py-3 first:border-t-0">
            <Ask question={question} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Ask({ question }: { question: Question }) {
  const words = useWords()
  const { rules: texts } = usePageWords()
  const { always } = words.insights
  const amountText = useAmountText()
  const nameText = useNameText()
  const percent = usePercent()
  const { label, rows, amount, guess, confidencePerMille, transactionId } = question
  const [chosen, setChosen] = useState(guess?.id ?? '')
  const name = useGuide(NamePayeeDocument, always.done(categoryText(words, chosen)))
  const refusal = useGuideRefusal(name)
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="font-medium break-words">
          <Name>{label}</Name>
        </p>
        <p className="text-sm text-muted">
          {texts.questionRows(rows, amountText(amount))}
          {guess &&
            confidencePerMille !== null &&
            ` · ${texts.guess(categoryText(words, guess.id), percent(confidencePerMille))}`}
        </p>
        <Refusal text={refusal} />
      </div>
      <div className="screen-only flex w-full flex-wrap gap-2 sm:w-auto">
        <div className="min-w-0 flex-1 sm:w-52">
          <CategorySelect label={texts.chosen(nameText(label))} value={chosen} onChange={setChosen} />
        </div>
        <Button
          disabled={!chosen || name.isPending}
          aria-label={`${always.press}: ${nameText(label)}`}
          onClick={() => name.mutate({ transactionId, categoryId: chosen, overPast: true })}
        >
          {always.press}
        </Button>
      </div>
    </div>
  )
}
