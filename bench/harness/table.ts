export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** Plain text, columns two spaces apart, a rule below the titles. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align))
      .join('  ')
      .trimEnd()
  return [
    line(columns.map(({ title }) => title)),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map(line),
  ].join('\n')
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width)
}

const THREE_DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** Three significant digits, thousands set apart: `0.631`, `107`, `84 200`; a dash for what is not a number. */
export function formatNumber(value: number): string {
  return Number.isFinite(value) ? THREE_DIGITS.format(value).replaceAll(',', ' ') : '–'
}
