import { useQuery } from '@tanstack/react-query'
import { useVersionWords } from '../../i18n/versions'
import { useWords } from '../../i18n/words'
import { ownModelOptions } from '../../queries/insights'
import { Card } from '../../ui/page'
import { Awaited } from '../../ui/states'

/** With fewer corrections a model is young. */
const fewest = 20

/** How far the person's own model is: what it rests on, and how sure it is. */
export default function OwnModel({ asOf }: { asOf: string | undefined }) {
  const { locale } = useWords()
  const { model: texts } = useVersionWords()
  const found = useQuery(ownModelOptions(asOf))
  const number = (count: number) => new Intl.NumberFormat(locale).format(count)
  const model = found.data
  return (
    <Card title={texts.title}>
      <Awaited of={found} rows={1} height={96} />
      {model && model.corrections === 0 && <p className="max-w-prose text-muted">{texts.none}</p>}
      {model && model.corrections > 0 && (
        <>
          <p className="max-w-prose">
            {texts.text(model.corrections, model.payees)}{' '}
            <span className="text-muted">{texts.most(number(model.mostCorrections))}</span>
          </p>
          {model.corrections < fewest && <p className="mt-2 text-muted">{texts.few}</p>}
          <dl className="mt-4 grid gap-4 sm:grid-cols-2">
            <Share
              name={texts.sure}
              of={model.sure}
              all={model.rows}
              text={texts.sureText(number(model.sure), number(model.rows))}
            />
            <Share
              name={texts.foretold}
              of={model.foretold}
              all={model.newest}
              text={texts.foretoldText(number(model.foretold), number(model.newest))}
            />
          </dl>
        </>
      )}
      {model && (
        <p className="mt-3 text-sm text-muted">{texts.base(model.baseVersion, model.listsVersion)}</p>
      )}
    </Card>
  )
}

function Share({ name, of, all, text }: { name: string; of: number; all: number; text: string }) {
  const { locale } = useWords()
  if (all === 0) return null
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd>
        <span className="block text-xl font-semibold tabular-nums">{percent.format(of / all)}</span>
        <span aria-hidden="true" className="my-1.5 block h-1.5 overflow-hidden rounded-full bg-track">
          <span className="bar-fill block h-full bg-accent" style={{ width: `${(100 * of) / all}%` }} />
        </span>
        <span className="text-sm text-muted">{text}</span>
      </dd>
    </div>
  )
}
