/**
 * One line of CSV (RFC 4180 §2). A text that a spreadsheet would take for a formula gets a quote before it:
 * names and reasons are written by others.
 */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(',')}\r\n`
}

function csvField(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const plain = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  // RFC 4180 §2: "Fields containing line breaks (CRLF), double quotes, and commas should be enclosed"
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
