export const totals = {
  about: (amount: string) => `All together about ${amount}`,
  rates: (day: string, source: string, rates: string) => `Rates of ${day} (${source}): ${rates}.`,
  unconverted: (amounts: string) => `No recent rate for ${amounts}; not counted in.`,
  sources: { ecb: 'European Central Bank', sandbox: 'invented for this demonstration' } as Record<
    string,
    string
  >,
}
