import type { totals as english } from './en'

export const totals: typeof english = {
  about: (amount: string) => `Yhteensä noin ${amount}`,
  rates: (day: string, source: string, rates: string) => `Kurssit ${day} (${source}): ${rates}.`,
  unconverted: (amounts: string) => `Ei tuoretta kurssia: ${amounts}; ei laskettu mukaan.`,
  sources: { ecb: 'Euroopan keskuspankki', sandbox: 'keksitty tätä esittelyä varten' } as Record<
    string,
    string
  >,
}
