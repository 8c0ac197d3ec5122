import { environment } from '#node/config/environment.ts'

export interface Column<Row> {
  readonly title: string
  readonly align?: 'left' | 'right'
  readonly value: (row: Row) => string
  /** An identifier or a number, which is useless when it is shortened. */
  readonly isWhole?: boolean
  /** Left out where the table does not fit; columns further right are left out first. */
  readonly isOptional?: boolean
}

const GAP = '  '
/** A column is not shortened below this, unless all its cells are shorter. */
const WIDTH_MIN = 8
const WIDTH_DEFAULT = 80

/** Characters in a line of the terminal; 80 where the output is no terminal and COLUMNS is not set. */
export function outputWidth(stream: { readonly columns?: number } = process.stdout): number {
  return stream.columns ?? (Number(environment['COLUMNS']) || WIDTH_DEFAULT)
}

/**
 * Rows under titles, columns two spaces apart. Where a line is longer than `widthMax` characters, optional columns
 * are left out, then long cells are shortened and end in `…`.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  widthMax: number = outputWidth(),
): string {
  let kept = columns.map((column) => measure(column, rows))
  while (narrowest(kept) > widthMax) {
    const dropped = kept.findLastIndex(({ column }) => column.isOptional === true)
    if (dropped === -1) break
    kept = kept.toSpliced(dropped, 1)
  }
  shorten(kept, widthMax)
  return [undefined, ...rows].map((_, index) => renderLine(kept, index)).join('\n')
}

interface MeasuredColumn<Row> {
  readonly column: Column<Row>
  /** The title, then a cell for each row, each as a list of characters. */
  readonly cells: readonly (readonly string[])[]
  readonly widthMin: number
  width: number
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): MeasuredColumn<Row> {
  // By characters, not by UTF-16 units: a cut must not leave half of a surrogate pair.
  const cells = [column.title, ...rows.map(column.value)].map((text) => Array.from(text))
  const width = Math.max(...cells.map(({ length }) => length))
  return { column, cells, width, widthMin: column.isWhole === true ? width : Math.min(width, WIDTH_MIN) }
}

function narrowest<Row>(columns: readonly MeasuredColumn<Row>[]): number {
  return columns.reduce((sum, { widthMin }) => sum + widthMin, GAP.length * (columns.length - 1))
}

/** Takes from the widest column first. */
function shorten<Row>(columns: readonly MeasuredColumn<Row>[], widthMax: number): void {
  let excess = columns.reduce((sum, { width }) => sum + width, GAP.length * (columns.length - 1)) - widthMax
  while (excess > 0) {
    const [widest] = columns
      .filter(({ width, widthMin }) => width > widthMin)
      .toSorted((a, b) => b.width - a.width)
    if (widest === undefined) return
    widest.width -= 1
    excess -= 1
  }
}

function renderLine<Row>(columns: readonly MeasuredColumn<Row>[], index: number): string {
  return columns
    .map(({ column, cells, width }) => {
      const characters = cells[index] ?? []
      const text =
        characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : characters.join('')
      const padding = ' '.repeat(Math.max(0, width - characters.length))
      return column.align === 'right' ? padding + text : text + padding
    })
    .join(GAP)
    .trimEnd()
}
