/** "1 account", "1,204 accounts": the number as the locale writes it, and the form its plural asks for. */
export function counter(locale: string) {
  const rules = new Intl.PluralRules(locale)
  const numbers = new Intl.NumberFormat(locale)
  return (count: number, one: string, other: string) =>
    `${numbers.format(count)} ${rules.select(count) === 'one' ? one : other}`
}
