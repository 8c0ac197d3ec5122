import type { Protocol } from '../harness/protocol.ts'
import { assignmentRows } from '../trails/assignment-rows.ts'

/** Trails: what agents leave behind leads those that come after. */
export const trails: Protocol = {
  name: 'intelligence-trails',
  title: 'Trails: agents drawn by what was left by outcomes',
  absence: () => undefined,
  measure: async (request) => assignmentRows(request),
}
