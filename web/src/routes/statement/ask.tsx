import { useStatementWords } from '../../i18n/statement'
import { Button } from '../../ui/button'
import { Modal } from '../../ui/modal'

/** While something is hidden: shown on paper, hidden on paper as well, or not printed. */
export default function AskBeforePrint({ onAnswer }: { onAnswer: (shown: boolean | null) => void }) {
  const texts = useStatementWords().ask
  return (
    <Modal title={texts.printTitle} role="alertdialog" onClose={() => onAnswer(null)}>
      <p>{texts.printText}</p>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={() => onAnswer(null)}>
          {texts.cancel}
        </Button>
        <Button onClick={() => onAnswer(true)}>{texts.withAmounts}</Button>
        <Button look="primary" onClick={() => onAnswer(false)}>
          {texts.withoutAmounts}
        </Button>
      </div>
    </Modal>
  )
}
