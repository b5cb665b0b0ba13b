import type { Language } from '../lib/preferences'
import type { Language as SearchLanguage } from '../lib/query'
import { useWords } from './words'

/** Something, and what it means. */
type Pair = readonly [string, string]

const en = {
  query: {
    help: 'How to search',
    helpText: 'Words are looked for in names, messages and notes. A minus leaves out: -lidl.',
    examples: [
      ['lidl', 'the word, in any place'],
      ['"2026"', 'exactly this, also a number'],
      ['>50  <20  10..50  =12.50', 'amounts, in or out'],
      ['2026  2026-03  2026-03-05  2025-11..2026-02', 'a year, a month, a day, from and to'],
      ['cat:food  cat:housing', 'a category, by the beginning of its name'],
      ['is:pending  is:noted  is:split  is:own  is:hidden  is:in  is:out', 'what is special about it'],
      ['-cat:housing', 'everything but'],
    ] as Pair[],
    problem: {
      category: (term: string) => `“${term}” is left out: no category begins so.`,
      mark: (term: string) =>
        `“${term}” is left out. After is: write pending, doubted, withdrawn, noted, split, own, hidden, in or out.`,
      amount: (term: string) => `“${term}” is left out: write an amount like >50 or <=12.50.`,
      day: (term: string) => `“${term}” is left out: write 2026, 2026-03 or 2026-03-05.`,
      quote: (term: string) => `A quotation mark is missing after “${term}”.`,
      many: (term: string) => `There is too much to look for: everything from “${term}” on is left out.`,
    },
    language: {
      groups: {
        food: ['groceries', 'restaurants'],
        transport: ['public_transport', 'mobility_rental', 'fuel_charging', 'parking', 'car'],
        travel: ['lodging', 'air_travel', 'travel_agency'],
        home: ['housing', 'home_diy', 'utilities'],
        fun: ['entertainment', 'sports_fitness', 'gambling'],
      },
      prefixes: {},
      marks: {},
    } as Omit<SearchLanguage, 'categories'>,
  },
  choose: {
    saveAs: 'Save as CSV',
    one: (name: string) => `Choose ${name}`,
    start: 'Choose several',
    stop: 'Stop choosing',
    chosen: (n: string) => `${n} chosen`,
    most: (n: string) => `${n} chosen, the most at once.`,
    changedUnder: 'The list has changed, so nothing is chosen now.',
    bar: 'What to do with those chosen',
    category: 'Category',
    note: 'Note',
    hide: 'Take off lists',
    show: 'Put back on lists',
    clear: 'Choose none',
    categoryTitle: (n: string) => `Category of ${n}`,
    noteTitle: (n: string) => `Note on ${n}`,
    noteText: 'It takes the place of the notes they have. Leave it empty to take notes away.',
    byRules: 'As the rules say',
    save: 'Save',
    cancel: 'Cancel',
    working: (done: number, all: number) => `Changing ${done} of ${all}`,
    done: (n: string) => `${n} changed.`,
    nothing: 'Everything was so already.',
    left: (n: string) => `${n} could not be changed.`,
    undo: 'Undo',
    undone: 'Everything is as it was.',
    half: 'Not all of it went through. What was changed can be undone.',
    dismiss: 'Close this message',
    hiddenRow: 'Off the lists',
    jump: 'Go to month',
    jumpTo: 'Go to month…',
  },
}

type Texts = typeof en

const fi: Texts = {
  query: {
    help: 'Näin haet',
    helpText: 'Sanoja haetaan nimistä, viesteistä ja muistiinpanoista. Miinus jättää pois: -lidl.',
    examples: [
      ['lidl', 'sana missä tahansa'],
      ['"2026"', 'juuri tämä, myös luku'],
      ['>50  <20  10..50  =12,50', 'summa, sisään tai ulos'],
      ['2026  2026-03  2026-03-05  2025-11..2026-02', 'vuosi, kuukausi, päivä, alku ja loppu'],
      ['luokka:ruoka  luokka:asuminen', 'luokka nimen alusta'],
      [
        'on:varaus  on:muistiinpano  on:jaettu  on:oma  on:piilossa  on:sisään  on:ulos',
        'mikä siinä on erityistä',
      ],
      ['-luokka:asuminen', 'kaikki paitsi'],
    ],
    problem: {
      category: (term) => `”${term}” jätettiin pois: mikään luokka ei ala näin.`,
      mark: (term) =>
        `”${term}” jätettiin pois. Sanan on: jälkeen kirjoita varaus, epäselvä, peruttu, muistiinpano, jaettu, oma, piilossa, sisään tai ulos.`,
      amount: (term) => `”${term}” jätettiin pois: kirjoita summa kuten >50 tai <=12,50.`,
      day: (term) => `”${term}” jätettiin pois: kirjoita 2026, 2026-03 tai 2026-03-05.`,
      quote: (term) => `Lainausmerkki puuttuu kohdan ”${term}” jäljestä.`,
      many: (term) => `Haettavaa on liikaa: kaikki alkaen kohdasta ”${term}” jätettiin pois.`,
    },
    language: {
      groups: {
        food: ['groceries', 'restaurants'],
        ruoka: ['groceries', 'restaurants'],
        liikenne: ['public_transport', 'mobility_rental', 'fuel_charging', 'parking', 'car'],
        matkat: ['lodging', 'air_travel', 'travel_agency'],
        koti: ['housing', 'home_diy', 'utilities'],
        huvi: ['entertainment', 'sports_fitness', 'gambling'],
      },
      prefixes: { luokka: 'cat', on: 'is' },
      marks: {
        varaus: 'pending',
        epaselva: 'doubted',
        peruttu: 'withdrawn',
        muistiinpano: 'noted',
        jaettu: 'split',
        oma: 'own',
        piilossa: 'hidden',
        sisaan: 'in',
        ulos: 'out',
      },
    },
  },
  choose: {
    saveAs: 'Tallenna CSV',
    one: (name) => `Valitse ${name}`,
    start: 'Valitse useita',
    stop: 'Lopeta valitseminen',
    chosen: (n) => `${n} valittu`,
    most: (n) => `${n} valittu, enempää ei voi kerralla.`,
    changedUnder: 'Lista muuttui, joten mitään ei ole nyt valittuna.',
    bar: 'Mitä valituille tehdään',
    category: 'Luokka',
    note: 'Muistiinpano',
    hide: 'Pois listoilta',
    show: 'Takaisin listoille',
    clear: 'Poista valinnat',
    categoryTitle: (n) => `Luokka: ${n}`,
    noteTitle: (n) => `Muistiinpano: ${n}`,
    noteText: 'Se korvaa entiset muistiinpanot. Jätä tyhjäksi, jos haluat poistaa ne.',
    byRules: 'Sääntöjen mukaan',
    save: 'Tallenna',
    cancel: 'Peruuta',
    working: (done, all) => `Muutetaan ${done} / ${all}`,
    done: (n) => `${n} muutettu.`,
    nothing: 'Kaikki oli jo niin.',
    left: (n) => `${n} ei voitu muuttaa.`,
    undo: 'Kumoa',
    undone: 'Kaikki on kuten ennen.',
    half: 'Kaikki ei onnistunut. Tehdyt muutokset voi kumota.',
    dismiss: 'Sulje viesti',
    hiddenRow: 'Pois listoilta',
    jump: 'Siirry kuukauteen',
    jumpTo: 'Siirry kuukauteen…',
  },
}

const sv: Texts = {
  query: {
    help: 'Så söker du',
    helpText: 'Ord söks i namn, meddelanden och anteckningar. Ett minus utesluter: -lidl.',
    examples: [
      ['lidl', 'ordet, var som helst'],
      ['"2026"', 'precis detta, även ett tal'],
      ['>50  <20  10..50  =12,50', 'belopp, in eller ut'],
      ['2026  2026-03  2026-03-05  2025-11..2026-02', 'ett år, en månad, en dag, från och till'],
      ['kategori:mat  kategori:boende', 'en kategori, efter namnets början'],
      [
        'är:reserverad  är:antecknad  är:delad  är:egen  är:dold  är:in  är:ut',
        'vad som är särskilt med den',
      ],
      ['-kategori:boende', 'allt utom'],
    ],
    problem: {
      category: (term) => `”${term}” är utelämnat: ingen kategori börjar så.`,
      mark: (term) =>
        `”${term}” är utelämnat. Efter är: skriv reserverad, oklar, återtagen, antecknad, delad, egen, dold, in eller ut.`,
      amount: (term) => `”${term}” är utelämnat: skriv ett belopp som >50 eller <=12,50.`,
      day: (term) => `”${term}” är utelämnat: skriv 2026, 2026-03 eller 2026-03-05.`,
      quote: (term) => `Ett citattecken saknas efter ”${term}”.`,
      many: (term) => `Det är för mycket att söka: allt från ”${term}” är utelämnat.`,
    },
    language: {
      groups: {
        food: ['groceries', 'restaurants'],
        mat: ['groceries', 'restaurants'],
        trafik: ['public_transport', 'mobility_rental', 'fuel_charging', 'parking', 'car'],
        resor: ['lodging', 'air_travel', 'travel_agency'],
        hem: ['housing', 'home_diy', 'utilities'],
        noje: ['entertainment', 'sports_fitness', 'gambling'],
      },
      prefixes: { kategori: 'cat', ar: 'is' },
      marks: {
        reserverad: 'pending',
        oklar: 'doubted',
        atertagen: 'withdrawn',
        antecknad: 'noted',
        delad: 'split',
        egen: 'own',
        dold: 'hidden',
        in: 'in',
        ut: 'out',
      },
    },
  },
  choose: {
    saveAs: 'Spara som CSV',
    one: (name) => `Välj ${name}`,
    start: 'Välj flera',
    stop: 'Sluta välja',
    chosen: (n) => `${n} valda`,
    most: (n) => `${n} valda, det mesta på en gång.`,
    changedUnder: 'Listan har ändrats, så inget är valt nu.',
    bar: 'Vad som ska göras med de valda',
    category: 'Kategori',
    note: 'Anteckning',
    hide: 'Ta bort från listor',
    show: 'Tillbaka på listor',
    clear: 'Välj inga',
    categoryTitle: (n) => `Kategori för ${n}`,
    noteTitle: (n) => `Anteckning på ${n}`,
    noteText: 'Den ersätter tidigare anteckningar. Lämna tomt för att ta bort dem.',
    byRules: 'Som reglerna säger',
    save: 'Spara',
    cancel: 'Avbryt',
    working: (done, all) => `Ändrar ${done} av ${all}`,
    done: (n) => `${n} ändrade.`,
    nothing: 'Allt var redan så.',
    left: (n) => `${n} kunde inte ändras.`,
    undo: 'Ångra',
    undone: 'Allt är som det var.',
    half: 'Allt gick inte igenom. Det som ändrades kan ångras.',
    dismiss: 'Stäng meddelandet',
    hiddenRow: 'Borta från listor',
    jump: 'Gå till månad',
    jumpTo: 'Gå till månad…',
  },
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of searching and of choosing several: needed only beside a list of transactions. */
export function useLedgerWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language]
}
