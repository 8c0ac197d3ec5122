import { absenceOf } from '../data/data-set.ts'
import { guildRows } from '../flocking/guild-rows.ts'
import { SET_UP_FILE } from '../flocking/set-up-data.ts'
import { capacityRows, renamedRows, setUpRows } from '../flocking/shop-rows.ts'
import type { Protocol } from '../harness/protocol.ts'

/** Groups of agents that change who gets what. */
export const flocking: Protocol = {
  name: 'intelligence-flocking',
  title: 'Flocking: who gets what where set-ups cost, in hidden guilds, when goals move',
  absence: () => absenceOf(SET_UP_FILE),
  measure: async (request) => [
    ...setUpRows(request),
    ...guildRows(request),
    ...renamedRows(request),
    ...capacityRows(request),
  ],
}
