import { absenceOf } from '../data/data-set.ts'
import type { Protocol } from '../harness/protocol.ts'
import { assignmentRows } from '../trails/assignment-rows.ts'
import { INSTANCES, routingRows } from '../trails/routing-rows.ts'
import { tsplibFile } from '../trails/tsplib.ts'

/** Trails: what agents leave behind leads those that come after. */
export const trails: Protocol = {
  name: 'intelligence-trails',
  title: 'Trails: tours along trails over the public API, and agents drawn by what outcomes left',
  absence: () => INSTANCES.map((name) => absenceOf(tsplibFile(name))).find((reason) => reason !== undefined),
  measure: async (request) => [...(await routingRows(request)), ...assignmentRows(request)],
}
