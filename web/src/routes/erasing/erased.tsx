import { useEffect } from 'react'
import { useErasedWords } from '../../i18n/erased'
import { useWords } from '../../i18n/words'
import { instantText } from '../../lib/dates'
import { lastReceipt } from '../../lib/receipt'
import { ButtonLink } from '../../ui/button'
import { CopyButton } from '../../ui/states'

/** After leaving for good: that it is done, and what proves it. */
export function Erased() {
  const words = useWords()
  const texts = useErasedWords()
  const receipt = lastReceipt()
  const title = receipt === null ? texts.underWay : texts.done
  useEffect(() => {
    document.title = `${title} · ${words.app}`
  }, [title, words.app])
  const lines: [string, string][] = receipt
    ? [
        [texts.person, receipt.personId],
        [texts.event, receipt.position],
        [texts.leaf, receipt.leafHash],
        [texts.key, receipt.keyId],
        [texts.at, instantText(receipt.keyDestroyedAt, words.locale)],
      ]
    : []
  return (
    <>
      <h1 className="text-xl font-semibold">{title}</h1>
      <p className="mt-2">{receipt === null ? texts.underWayText : texts.doneText}</p>
      {receipt && (
        <section aria-labelledby="receipt" className="card mt-5 p-4">
          <div className="mb-2 flex items-center justify-between gap-2">
            <h2 id="receipt" className="font-semibold">
              {texts.receipt}
            </h2>
            <CopyButton text={lines.map((line) => line.join(': ')).join('\n')} label={texts.copy} />
          </div>
          <dl className="flex flex-col gap-2">
            {lines.map(([name, value]) => (
              <div key={name}>
                <dt className="text-sm text-muted">{name}</dt>
                <dd className="font-mono text-sm break-all">{value}</dd>
              </div>
            ))}
          </dl>
          {receipt.banksNotTold > 0 && (
            <p className="mt-3 text-warn">{texts.banksNotTold(String(receipt.banksNotTold))}</p>
          )}
        </section>
      )}
      <p className="mt-6">
        <ButtonLink to="/sign-up">{texts.again}</ButtonLink>
      </p>
    </>
  )
}
