/** Characters of a name that a reader may leave out, double or swap without noticing. */
const SEPARATORS = /[^A-Z0-9]/g
/** Wrong characters up to which a name outside `AMOS_…` counts as a misspelt setting. */
const SLIPS_MAX = 1

/**
 * Names the variables that look like settings and are none: `AMOS_APIKEYS`, `amos_api_keys`, `AMSO_API_KEYS`. A setting
 * under a wrong name has no effect, and a server that is to have credentials would be open without them.
 *
 * @returns a sentence for each of them, with the nearest known name
 */
export function unknownSettings(names: readonly string[], known: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (known.includes(name)) return []
    const { nearest, slips } = nearestTo(name, known)
    if (!hasOurPrefix(name) && slips > SLIPS_MAX) return []
    return [`${JSON.stringify(name)} is not a setting; the nearest one is ${nearest}`]
  })
}

function hasOurPrefix(name: string): boolean {
  return /^\s*AMOS[^A-Z0-9]/i.test(name)
}

function nearestTo(name: string, known: readonly string[]): { nearest: string; slips: number } {
  const ranked = known.map((candidate) => ({
    nearest: candidate,
    slips: slipsBetween(bare(name), bare(candidate)),
  }))
  return ranked.reduce((best, next) => (next.slips < best.slips ? next : best))
}

function bare(name: string): string {
  return name.toUpperCase().replaceAll(SEPARATORS, '')
}

/**
 * Characters to insert, delete, replace or swap with their neighbour to make one text of the other (optimal string
 * alignment distance).
 */
function slipsBetween(left: string, right: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const isEqual = left[row - 1] === right[column - 1]
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      next.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (isEqual ? 0 : 1),
          isSwapped && row > 1 && column > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforeLast = last
    last = next
  }
  return last[right.length] ?? 0
}
