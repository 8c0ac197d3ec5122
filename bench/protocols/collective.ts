import { absenceOf } from '../data/data-set.ts'
import type { Protocol } from '../harness/protocol.ts'
import { plantedMethodsRows } from '../learning/planted-methods-rows.ts'
import { ROUTING_FILE, routingRows } from '../learning/routing-rows.ts'

/** What sharing outcomes is worth. */
export const collective: Protocol = {
  name: 'intelligence-collective',
  title: 'Sharing outcomes: the estimates of all agents against those of each alone',
  absence: () => absenceOf(ROUTING_FILE),
  measure: async (request) => [...plantedMethodsRows(request), ...routingRows(request)],
}
