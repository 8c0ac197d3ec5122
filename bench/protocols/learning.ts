import { absenceOf } from '../data/data-set.ts'
import type { Protocol } from '../harness/protocol.ts'
import { byzantineRows } from '../learning/byzantine-rows.ts'
import { DIGITS_FILE } from '../learning/digits.ts'
import { fedavgRows } from '../learning/fedavg-rows.ts'
import { gossipRows } from '../learning/gossip-rows.ts'

/** Federated rounds, what liars do to them, and averaging without a centre. */
export const learning: Protocol = {
  name: 'intelligence-learning',
  title: 'Learning together: ten clients learn digits, two of them lie; gossip along the topology',
  absence: () => absenceOf(DIGITS_FILE),
  measure: async (request) => [
    ...fedavgRows(request),
    ...byzantineRows(request),
    ...gossipRows({ ...request, seeds: fiveOf(request.seeds) }),
  ],
}

/** Gossip is judged over five seeds. */
function fiveOf(seeds: readonly number[]): readonly number[] {
  const last = seeds.at(-1) ?? 0
  const more = Array.from({ length: Math.max(0, 5 - seeds.length) }, (_, index) => last + index + 1)
  return [...seeds, ...more]
}
