import type { totals as english } from './en'

export const totals: typeof english = {
  about: (amount: string) => `Tillsammans ungefär ${amount}`,
  rates: (day: string, source: string, rates: string) => `Kurser ${day} (${source}): ${rates}.`,
  unconverted: (amounts: string) => `Ingen färsk kurs för ${amounts}; räknas inte med.`,
  sources: { ecb: 'Europeiska centralbanken', sandbox: 'påhittade för den här visningen' } as Record<
    string,
    string
  >,
}
