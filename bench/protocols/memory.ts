import type { Protocol } from '../harness/protocol.ts'
import { convergenceRows } from '../memory/convergence-rows.ts'
import { recallRows } from '../memory/recall-rows.ts'
import { searchRows } from '../memory/search-rows.ts'
import { synchronisationRows } from '../memory/synchronisation-rows.ts'

/** The memory of a swarm: replicas that converge, a search that finds, and how fast both are. */
export const memory: Protocol = {
  name: 'intelligence-memory',
  title: 'Memory: convergence, recall, search at 100 000 records, synchronisation',
  absence: () => undefined,
  measure: async (request) => [
    ...convergenceRows(request),
    ...recallRows(request),
    ...(await searchRows(request)),
    ...(await synchronisationRows(request)),
  ],
}
