import { textOf } from '../data/data-set.ts'

export interface Instance {
  readonly name: string
  /** Length of the shortest tour. */
  readonly optimum: number
  readonly points: readonly (readonly [x: number, y: number])[]
}

export const tsplibFile = (name: string): string => `tsplib/${name}.tsp`
export const SOLUTIONS_FILE = 'tsplib/solutions'

/** An instance of TSPLIB (Reinelt 1991) with points in the plane. */
export function readInstance(name: string): Instance {
  const lines = textOf(tsplibFile(name))
    .split('\n')
    .map((line) => line.trim())
  const points = lines
    .filter((line) => /^\d+\s/.test(line))
    .map((line) => {
      const [, x = Number.NaN, y = Number.NaN] = line.split(/\s+/).map(Number)
      return [x, y] as const
    })
  const solution = textOf(SOLUTIONS_FILE)
    .split('\n')
    .map((line) => line.split(':').map((part) => part.trim()))
    .find(([named]) => named === name)
  return { name, optimum: Number(solution?.[1]), points }
}

/** Distances as TSPLIB rounds them (EUC_2D). */
export function distancesOf({ points }: Pick<Instance, 'points'>): number[][] {
  return points.map(([x, y]) => points.map(([u, v]) => Math.round(Math.hypot(x - u, y - v))))
}
