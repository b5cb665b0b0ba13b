import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  title: 'The next 7 days',
  none: 'No bill is expected.',
  sum: (amount: string) => `${amount} in all`,
}

type Texts = typeof en

const fi: Texts = {
  title: 'Seuraavat 7 päivää',
  none: 'Laskuja ei ole odotettavissa.',
  sum: (amount) => `Yhteensä ${amount}`,
}

const sv: Texts = {
  title: 'De närmaste 7 dagarna',
  none: 'Inga räkningar väntas.',
  sum: (amount) => `${amount} sammanlagt`,
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of the bills that are coming. */
export function useComingWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
