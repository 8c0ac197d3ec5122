import { linesOf } from '../data/data-set.ts'
import type { ShopTask } from './shop.ts'

export const SET_UP_FILE = 'alibaba-genai-2026/setup_cost_first_half.csv.gz'

export interface ShopLoad {
  readonly agents: number
  /** Work, without set-ups, over the capacity of the agents. */
  readonly load: number
  /** At half time the kind of rank x becomes that of rank x + 7. */
  readonly isRenamed?: boolean
}

interface Row {
  readonly gap: number
  readonly kind: string
  readonly workS: number
  readonly setUpS: number
}

export function readSetUps(): Row[] {
  const [, ...lines] = linesOf(SET_UP_FILE)
  return lines.map((line) => {
    const [gap = '', kind = '', work = '', setUp = ''] = line.split(',')
    return { gap: Number(gap), kind, workS: Number(work), setUpS: Number(setUp) }
  })
}

/** Rows from another beginning, round to the one before it: another order of the same tasks for each seed. */
export function rotated<T>(rows: readonly T[], by: number): T[] {
  const start = by % rows.length
  return [...rows.slice(start), ...rows.slice(0, start)]
}

export function shopTasks(rows: readonly Row[], { agents, load, isRenamed = false }: ShopLoad): ShopTask[] {
  const meanWork = rows.reduce((sum, { workS }) => sum + workS, 0) / rows.length
  const renamed = isRenamed ? sevenRanksOn(rows) : new Map<string, string>()
  let atS = 0
  return rows.map(({ gap, kind, workS, setUpS }, index) => {
    atS += (gap * meanWork) / (load * agents)
    const isLate = index >= rows.length / 2
    return { atS, kind: isLate ? (renamed.get(kind) ?? kind) : kind, workS, setUpS }
  })
}

function sevenRanksOn(rows: readonly Row[]): Map<string, string> {
  const counts = new Map<string, number>()
  for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const ranked = [...counts.keys()].toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))
  return new Map(ranked.map((kind, rank) => [kind, ranked[(rank + 7) % ranked.length] ?? kind]))
}
