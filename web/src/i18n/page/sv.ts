import type { PageWords } from './en'

export const page: PageWords = {
  statements: 'Kontoutdrag',
  demo: 'Demo',
  palette: {
    open: 'Öppna kommandopaletten',
    tour: 'Starta rundturen',
  },
  privacy: {
    names: 'Dölj namn',
    namesText: 'Motparter, meddelanden, banker och kontonummer tas också bort från sidan.',
    nameHidden: 'Namn dolt',
    account: (place) => `Konto ${place}`,
    coveredAmounts: 'Beloppen är dolda, och det här formuläret visar dem.',
    coveredNames: 'Namn och anteckningar är dolda, och det här formuläret visar dem.',
    showNames: 'Visa namn',
  },
  offline: {
    old: (when) => `Ingen anslutning. Du ser det som lästes ${when} eller senare; inget kan ändras nu.`,
    kept: 'På den här enheten',
    keptText:
      'Det du senast såg sparas på den här enheten, så att det kan läsas utan anslutning. Det är förseglat med en nyckel som följer din session: utloggning förstör den.',
    keep: 'Spara de senaste sidorna för läsning utan anslutning',
  },
  tour: {
    title: 'En kort rundtur',
    skip: 'Hoppa över',
    again: 'Ta rundturen igen',
    againText: 'Fem korta steg genom vad som finns var.',
  },
}
