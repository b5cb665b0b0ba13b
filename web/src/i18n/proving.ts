import type { Language } from '../lib/preferences'
import { useWords } from './words'

const en = {
  checking: 'Checking the proof',
  checked: 'Proof checked',
  pending: 'Proof pending',
  failed: 'Proof does not hold',
  unknown: 'Signature not checked',
  unasked: 'No proof now',
  checkedText: (position: string, size: string, log: string) =>
    `This browser worked out that event ${position} is one of the first ${size} events of the log ${log}, and that the log’s key signed exactly those. Nobody can change the event unseen.`,
  pendingText:
    'The event is recorded. The log is signed within a minute; then this browser checks it by itself.',
  failedText:
    'The event is not where the signed log says. Do not rely on this row, and tell whoever runs this service.',
  unknownText:
    'The event is in the log. This browser cannot check Ed25519 signatures, so who signed the log is not known here.',
  unaskedText: 'The proof could not be asked for. The row itself is not concerned.',
  file: 'Save the proof as a file',
}

type Texts = typeof en

const fi: Texts = {
  checking: 'Todistetta tarkistetaan',
  checked: 'Todiste tarkistettu',
  pending: 'Todiste tulossa',
  failed: 'Todiste ei pidä',
  unknown: 'Allekirjoitus tarkistamatta',
  unasked: 'Ei todistetta nyt',
  checkedText: (position, size, log) =>
    `Tämä selain laski, että tapahtuma ${position} on yksi lokin ${log} ensimmäisistä ${size} tapahtumasta ja että lokin avain on allekirjoittanut juuri ne. Kukaan ei voi muuttaa tapahtumaa huomaamatta.`,
  pendingText:
    'Tapahtuma on kirjattu. Loki allekirjoitetaan minuutin sisällä, ja sitten selain tarkistaa sen itse.',
  failedText:
    'Tapahtuma ei ole siinä, missä allekirjoitettu loki sanoo. Älä luota tähän riviin, ja kerro palvelun ylläpidolle.',
  unknownText:
    'Tapahtuma on lokissa. Tämä selain ei osaa tarkistaa Ed25519-allekirjoituksia, joten lokin allekirjoittajaa ei täällä tiedetä.',
  unaskedText: 'Todistetta ei saatu. Se ei koske itse riviä.',
  file: 'Tallenna todiste tiedostona',
}

const sv: Texts = {
  checking: 'Beviset kontrolleras',
  checked: 'Beviset kontrollerat',
  pending: 'Beviset väntar',
  failed: 'Beviset håller inte',
  unknown: 'Signaturen ej kontrollerad',
  unasked: 'Inget bevis nu',
  checkedText: (position, size, log) =>
    `Den här webbläsaren räknade ut att händelse ${position} är en av de första ${size} händelserna i loggen ${log}, och att loggens nyckel har signerat just dem. Ingen kan ändra händelsen obemärkt.`,
  pendingText:
    'Händelsen är registrerad. Loggen signeras inom en minut; sedan kontrollerar webbläsaren den själv.',
  failedText:
    'Händelsen finns inte där den signerade loggen säger. Lita inte på raden, och säg till den som driver tjänsten.',
  unknownText:
    'Händelsen finns i loggen. Den här webbläsaren kan inte kontrollera Ed25519-signaturer, så vem som signerat loggen är okänt här.',
  unaskedText: 'Beviset kunde inte hämtas. Det rör inte själva raden.',
  file: 'Spara beviset som fil',
}

const texts: Record<Language, Texts> = { en, fi, sv }

/** The words of proofs that an event is in the log. */
export function useProvingWords(): Texts {
  const { locale } = useWords()
  return texts[locale.slice(0, 2) as Language] ?? en
}
