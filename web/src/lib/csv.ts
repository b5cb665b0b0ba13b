/** What separates cells and ends lines (RFC 4180, section 2). */
const [comma, lineEnd] = [',', '\r\n']
/** So that spreadsheets read the letters as UTF-8. */
const byteOrderMark = '\ufeff'

/** A spreadsheet would take such a text for a formula. */
const formula = /^[=+\-@\t\r]/
const amount = /^-?\d+(\.\d+)?$/

function cell(text: string): string {
  const plain = formula.test(text) && !amount.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** A table as the text of a file; the first row names the columns. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return byteOrderMark + rows.map((row) => row.map(cell).join(comma) + lineEnd).join('')
}
