import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Modal as AriaModal, Dialog, Heading, I18nProvider, ModalOverlay } from 'react-aria-components'
import { useWords } from '../i18n/words'
import { IconButton } from './button'

type ModalProps = { title: string; onClose: () => void; role?: 'dialog' | 'alertdialog'; children: ReactNode }

/** A dialog in the middle of a wide screen, a sheet from the bottom of a phone. */
export function Modal({ title, onClose, role = 'dialog', children }: ModalProps) {
  const words = useWords()
  return (
    <I18nProvider locale={words.locale}>
      <ModalOverlay
        isOpen
        isDismissable
        onOpenChange={(open) => !open && onClose()}
        className="fade-in fixed inset-0 z-50 flex items-end justify-center bg-black/40 sm:items-center sm:p-4"
      >
        <AriaModal className="max-h-[90dvh] w-full overflow-y-auto rounded-t-[18px] border border-line bg-raised text-ink shadow-xl sm:max-w-lg sm:rounded-card">
          <Dialog role={role} className="p-5 outline-none sm:p-6">
            <div className="mb-3 flex items-start justify-between gap-3">
              <Heading slot="title" className="pt-1 text-lg font-semibold">
                {title}
              </Heading>
              <IconButton label={words.common.close} onClick={onClose}>
                <X size={18} aria-hidden="true" />
              </IconButton>
            </div>
            {children}
          </Dialog>
        </AriaModal>
      </ModalOverlay>
    </I18nProvider>
  )
}
