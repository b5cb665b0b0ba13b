import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  approver: {
    atBank: (how: string) => `the person, authenticated at the bank (${how})`,
    notSaid: 'not said how',
    here: 'the person, here',
    operator: (id: string) => `the operator ${id}`,
    console: 'an operator at the command line',
  },
  codes: {
    unknown: 'Not known',
    pending: 'Asked for',
    active: 'In force',
    needs_confirmation: 'To be confirmed again',
    refused: 'Refused',
    revoked: 'Withdrawn',
    expired: 'Expired',
    failed: 'Failed',
    account_information: 'Account information',
    first_read: 'First reading',
    asked_by_person: 'The person asked for it',
    scheduled: 'By schedule',
  } as Record<string, string>,
}

export type StoryTexts = typeof en

const fi: StoryTexts = {
  approver: {
    atBank: (how) => `henkilö, tunnistettu pankissa (${how})`,
    notSaid: 'tapaa ei kerrottu',
    here: 'henkilö, täällä',
    operator: (id) => `ylläpitäjä ${id}`,
    console: 'ylläpitäjä komentoriviltä',
  },
  codes: {
    unknown: 'Ei tiedossa',
    pending: 'Pyydetty',
    active: 'Voimassa',
    needs_confirmation: 'Vahvistettava uudelleen',
    refused: 'Evätty',
    revoked: 'Peruttu',
    expired: 'Vanhentunut',
    failed: 'Epäonnistunut',
    account_information: 'Tilitietojen näyttäminen',
    first_read: 'Ensimmäinen luenta',
    asked_by_person: 'Henkilö pyysi',
    scheduled: 'Aikataulun mukaan',
  },
}

const sv: StoryTexts = {
  approver: {
    atBank: (how) => `personen, identifierad hos banken (${how})`,
    notSaid: 'sättet sades inte',
    here: 'personen, här',
    operator: (id) => `operatören ${id}`,
    console: 'en operatör på kommandoraden',
  },
  codes: {
    unknown: 'Inte känt',
    pending: 'Begärt',
    active: 'Gäller',
    needs_confirmation: 'Ska bekräftas på nytt',
    refused: 'Nekat',
    revoked: 'Återkallat',
    expired: 'Utgånget',
    failed: 'Misslyckat',
    account_information: 'Kontoinformation',
    first_read: 'Första läsningen',
    asked_by_person: 'Personen bad om det',
    scheduled: 'Enligt schema',
  },
}

export const storyTexts: Record<Language, StoryTexts> = { en, fi, sv }

/** What the log says in codes and in English, in the page's language: for the dialogs of an auditor. */
export function useStoryWords(): StoryTexts {
  const { locale } = useWords()
  return storyTexts[locale.slice(0, 2) as Language] ?? en
}
