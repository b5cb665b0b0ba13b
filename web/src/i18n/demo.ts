import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  title: 'Demo data',
  text: 'These connections lead to sandbox banks. Their accounts and payments are invented, and marked “Demo”.',
  remove: 'Remove',
  removeOf: (bank: string) => `Remove the demo data of ${bank}`,
  question: (bank: string) => `Remove the demo data of ${bank}?`,
  goes: 'What goes',
  goesText: (accounts: string) =>
    `Sharing ends. ${accounts} with every payment leave all pages, sums and forecasts.`,
  back: 'Can it be undone?',
  backText: 'Yes: connect the same demo bank again, and everything is back with your categories and notes.',
  keep: 'Keep it',
  removed: 'The demo data is removed.',
  failed: {
    NOT_DEMO: 'This bank is no demo: what it showed stays.',
    NOT_FOUND: 'There is no such connection any more.',
  },
}

type Texts = typeof en

const fi: Texts = {
  title: 'Esittelytiedot',
  text: 'Nämä yhteydet vievät hiekkalaatikkopankkeihin. Niiden tilit ja maksut ovat keksittyjä, ja niissä on merkki ”Demo”.',
  remove: 'Poista',
  removeOf: (bank) => `Poista pankin ${bank} esittelytiedot`,
  question: (bank) => `Poistetaanko pankin ${bank} esittelytiedot?`,
  goes: 'Mitä poistuu',
  goesText: (accounts) =>
    `Tietojen jakaminen päättyy. ${accounts} ja kaikki niiden maksut poistuvat sivuilta, summista ja ennusteista.`,
  back: 'Voiko sen perua?',
  backText:
    'Kyllä: yhdistä sama esittelypankki uudelleen, niin kaikki palaa luokkineen ja muistiinpanoineen.',
  keep: 'Säilytä',
  removed: 'Esittelytiedot on poistettu.',
  failed: {
    NOT_DEMO: 'Pankki ei ole esittelypankki: sen tiedot jäävät.',
    NOT_FOUND: 'Yhteyttä ei enää ole.',
  },
}

const sv: Texts = {
  title: 'Demodata',
  text: 'De här anslutningarna leder till sandlådebanker. Deras konton och betalningar är påhittade och märkta ”Demo”.',
  remove: 'Ta bort',
  removeOf: (bank) => `Ta bort demodata från ${bank}`,
  question: (bank) => `Ta bort demodata från ${bank}?`,
  goes: 'Vad som försvinner',
  goesText: (accounts) =>
    `Delningen upphör. ${accounts} med alla betalningar försvinner från sidor, summor och prognoser.`,
  back: 'Går det att ångra?',
  backText: 'Ja: anslut samma demobank igen, så är allt tillbaka med dina kategorier och anteckningar.',
  keep: 'Behåll',
  removed: 'Demodata är borttagna.',
  failed: {
    NOT_DEMO: 'Banken är ingen demobank: det den visade blir kvar.',
    NOT_FOUND: 'Anslutningen finns inte längre.',
  },
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of removing demo data. */
export function useDemoWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
