/** An IBAN in groups of four; anything else as the bank writes it. */
export function groupedIdentifier(identifier: string): string {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/.test(identifier)) return identifier
  return identifier.replace(/(.{4})(?=.)/g, '$1\u00a0')
}
