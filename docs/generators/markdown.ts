/** Renders a table; what would end a cell is escaped. Prettier aligns it. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => escapeCell(cell)).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Keeps text from ending its cell, and `<word>` from being taken for HTML. */
function escapeCell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .replaceAll(/<(?=[a-z])/g, '\\<')
}

/** Renders text as code, in a fence of backticks that is long enough. */
export function renderCode(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

/** A number with a comma at every thousand. */
export function renderNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 10 })
}
