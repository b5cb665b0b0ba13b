export const totals = {
  about: (amount: string) => `All together about ${amount}`,
  rates: (day: string, source: string, rates: string) => `Rates of ${day} (${source}): ${rates}.`,
  unconverted: (amounts: string) => `No recent rate for ${amounts}; not counted in.`,
  sources: { ecb: 'European Central Bank' } as Record<string, string>,
}
