import type { PageWords } from './en'

export const page: PageWords = {
  palette: {
    open: 'Öppna kommandopaletten',
    tour: 'Starta rundturen',
  },
  privacy: {
    names: 'Dölj namn',
    namesText: 'Motparter, meddelanden, banker och kontonummer tas också bort från sidan.',
    nameHidden: 'Namn dolt',
    namesHiddenNow: 'Namn är dolda.',
    namesShownNow: 'Namn visas.',
  },
  offline: {
    old: (when) => `Ingen anslutning. Du ser det som lästes ${when}; inget kan ändras nu.`,
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
  demo: {
    badge: 'Demo',
    text: 'Den här banken är en simulering på den här datorn. Inget av det är riktiga pengar.',
    banner: 'Du ser påhittade uppgifter från en simulerad bank.',
    remove: 'Ta bort demodata',
    removeTitle: 'Ta bort demodata?',
    removeText:
      'Delningen från den simulerade banken upphör och dess rader försvinner från dina listor. Loggen behåller det som hände, som den gör med allt.',
    removed: 'Demodata är borta från dina listor.',
  },
}
