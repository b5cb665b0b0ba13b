import type { Language } from '../lib/preferences'
import { counter } from './count'
import { useWords } from './words'

const count = { en: counter('en-GB'), fi: counter('fi-FI'), sv: counter('sv-SE') }

const en = {
  title: 'Versions of your rules',
  text: 'Every time rules are adopted they become a new version, and the former ones stay. Nobody but you can adopt rules here.',
  version: (version: number) => `Version ${version}`,
  stands: 'Counts now',
  byYou: (when: string, position: string) => `Adopted by you ${when}, event ${position}`,
  moved: (n: number) => `Read over the past: ${count.en(n, 'row', 'rows')} changed category`,
  notPast: 'From then on only; the past was left as it was',
  changes: {
    ADDED: (name: string) => `New: ${name}`,
    REMOVED: (name: string) => `Gone: ${name}`,
    CHANGED: (name: string) => `Changed: ${name}`,
    REORDERED: () => 'Asked in another order',
  },
  same: 'The same rules once more',
  rules: (n: number) => count.en(n, 'rule', 'rules'),
  backTo: (version: number) => `Go back to version ${version}`,
  backText: (version: number) =>
    `The rules of version ${version} are written above. Look at what they would change; adopted, they become a new version.`,
  more: 'Earlier versions',
  model: {
    title: 'Your own model',
    none: 'There is none yet. Give a row another category, and the model begins to learn from it.',
    text: (corrections: number, payees: number) =>
      `It rests on ${count.en(corrections, 'correction', 'corrections')} of yours about ${count.en(payees, 'payee', 'payees')}, and on nothing of anybody else.`,
    most: (most: string) => `At most the newest ${most} corrections count.`,
    sure: 'Sure of your newest rows',
    sureText: (sure: string, rows: string) => `${sure} of ${rows} that no rule decides`,
    foretold: 'Right before you said it',
    foretoldText: (foretold: string, newest: string) =>
      `${foretold} of your newest ${newest} corrections it would have said by itself. One corrects what is wrong, so this is its hardest test.`,
    few: 'It is young: with fewer than 20 corrections it says little by itself.',
    base: (base: number, lists: number) =>
      `Where it says nothing, the program’s own model ${base} and lists ${lists} decide.`,
  },
}

type Texts = typeof en

const fi: Texts = {
  title: 'Sääntöjesi versiot',
  text: 'Aina kun säännöt otetaan käyttöön, niistä tulee uusi versio, ja entiset säilyvät. Kukaan muu kuin sinä ei voi ottaa sääntöjä käyttöön.',
  version: (version) => `Versio ${version}`,
  stands: 'Voimassa nyt',
  byYou: (when, position) => `Otit käyttöön ${when}, tapahtuma ${position}`,
  moved: (n) => `Luettu myös menneeseen: ${count.fi(n, 'rivin', 'rivin')} luokka muuttui`,
  notPast: 'Vain siitä eteenpäin; mennyt jätettiin ennalleen',
  changes: {
    ADDED: (name) => `Uusi: ${name}`,
    REMOVED: (name) => `Poistettu: ${name}`,
    CHANGED: (name) => `Muutettu: ${name}`,
    REORDERED: () => 'Kysytään toisessa järjestyksessä',
  },
  same: 'Samat säännöt uudelleen',
  rules: (n) => count.fi(n, 'sääntö', 'sääntöä'),
  backTo: (version) => `Palaa versioon ${version}`,
  backText: (version) =>
    `Version ${version} säännöt on kirjoitettu yllä. Katso, mitä ne muuttaisivat; käyttöön otettuina niistä tulee uusi versio.`,
  more: 'Aiemmat versiot',
  model: {
    title: 'Oma mallisi',
    none: 'Sitä ei vielä ole. Anna jollekin riville toinen luokka, niin malli alkaa oppia siitä.',
    text: (corrections, payees) =>
      `Se perustuu sinun tekemiisi korjauksiin (${count.fi(corrections, 'korjaus', 'korjausta')}, ${count.fi(payees, 'maksunsaaja', 'maksunsaajaa')}) eikä mihinkään muiden antamaan.`,
    most: (most) => `Enintään uusimmat ${most} korjausta lasketaan.`,
    sure: 'Varma uusimmista riveistäsi',
    sureText: (sure, rows) => `${sure} / ${rows} rivistä, joita mikään sääntö ei ratkaise`,
    foretold: 'Oikeassa ennen kuin sanoit sen',
    foretoldText: (foretold, newest) =>
      `${foretold} / ${newest} uusimmasta korjauksestasi se olisi sanonut itse. Korjataan sitä, mikä on väärin, joten tämä on sen vaikein koe.`,
    few: 'Se on nuori: alle 20 korjauksella se sanoo itse vähän.',
    base: (base, lists) =>
      `Missä se ei sano mitään, ratkaisevat ohjelman malli ${base} ja luettelot ${lists}.`,
  },
}

const sv: Texts = {
  title: 'Dina reglers versioner',
  text: 'Varje gång regler antas blir de en ny version, och de tidigare finns kvar. Ingen annan än du kan anta regler här.',
  version: (version) => `Version ${version}`,
  stands: 'Gäller nu',
  byYou: (when, position) => `Antagen av dig ${when}, händelse ${position}`,
  moved: (n) => `Läst över det förflutna: ${count.sv(n, 'rad', 'rader')} bytte kategori`,
  notPast: 'Bara från och med då; det förflutna lämnades som det var',
  changes: {
    ADDED: (name) => `Ny: ${name}`,
    REMOVED: (name) => `Borta: ${name}`,
    CHANGED: (name) => `Ändrad: ${name}`,
    REORDERED: () => 'Frågas i annan ordning',
  },
  same: 'Samma regler en gång till',
  rules: (n) => count.sv(n, 'regel', 'regler'),
  backTo: (version) => `Gå tillbaka till version ${version}`,
  backText: (version) =>
    `Reglerna i version ${version} står skrivna ovan. Se vad de skulle ändra; antagna blir de en ny version.`,
  more: 'Tidigare versioner',
  model: {
    title: 'Din egen modell',
    none: 'Det finns ingen ännu. Ge en rad en annan kategori, så börjar modellen lära sig av det.',
    text: (corrections, payees) =>
      `Den vilar på ${count.sv(corrections, 'rättelse', 'rättelser')} av dig om ${count.sv(payees, 'mottagare', 'mottagare')}, och på ingenting av någon annan.`,
    most: (most) => `Högst de nyaste ${most} rättelserna räknas.`,
    sure: 'Säker på dina nyaste rader',
    sureText: (sure, rows) => `${sure} av ${rows} som ingen regel avgör`,
    foretold: 'Rätt innan du sade det',
    foretoldText: (foretold, newest) =>
      `${foretold} av dina nyaste ${newest} rättelser hade den sagt själv. Man rättar det som är fel, så det är dess svåraste prov.`,
    few: 'Den är ung: med färre än 20 rättelser säger den lite av sig själv.',
    base: (base, lists) => `Där den inget säger avgör programmets egen modell ${base} och listor ${lists}.`,
  },
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of versions of rules, and of a person's own model. */
export function useVersionWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
