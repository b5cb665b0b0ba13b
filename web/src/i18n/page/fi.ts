import type { PageWords } from './en'

export const page: PageWords = {
  statements: 'Tiliotteet',
  demo: 'Demo',
  palette: {
    open: 'Avaa komentopaletti',
    tour: 'Aloita esittely',
  },
  privacy: {
    names: 'Piilota nimet',
    namesText: 'Myös vastapuolet, viestit, pankit ja tilinumerot poistetaan sivulta.',
    nameHidden: 'Nimi piilossa',
    account: (place) => `Tili ${place}`,
    coveredAmounts: 'Summat ovat piilossa, ja tämä lomake näyttää ne.',
    coveredNames: 'Nimet ja muistiinpanot ovat piilossa, ja tämä lomake näyttää ne.',
    showNames: 'Näytä nimet',
  },
  offline: {
    old: (when) => `Ei yhteyttä. Näet sen, mikä luettiin ${when} tai sen jälkeen; mitään ei voi nyt muuttaa.`,
    kept: 'Tällä laitteella',
    keptText:
      'Viimeksi näkemäsi pidetään tällä laitteella, jotta sen voi lukea ilman yhteyttä. Se on sinetöity avaimella, joka lähtee istuntosi mukana: uloskirjautuminen tuhoaa sen.',
    keep: 'Pidä viimeiset sivut luettavina ilman yhteyttä',
  },
  tour: {
    title: 'Lyhyt esittely',
    skip: 'Ohita esittely',
    again: 'Katso esittely uudelleen',
    againText: 'Viisi lyhyttä askelta: mitä on missä.',
  },
}
