import { describe } from 'vitest'
import type { SetupInfra } from './infra-under-test.ts'
import { describeEpochs } from './swarm-store/epochs.ts'
import { describeEvents } from './swarm-store/events.ts'
import { describeLists } from './swarm-store/lists.ts'
import { describeRecords } from './swarm-store/records.ts'
import { describeRestarts } from './swarm-store/restarts.ts'
import { describeSteps } from './swarm-store/steps.ts'
import { describeTimedLists } from './swarm-store/timed-lists.ts'

/** What every SwarmStore owes, with the Coordination that belongs to it; see `domain/ports/swarm-store.ts`. */
export function describeSwarmStore(adapterName: string, setup: SetupInfra): void {
  describe(`SwarmStore contract: ${adapterName}`, () => {
    describeRecords(setup)
    describeSteps(setup)
    describeEpochs(setup)
    describeEvents(setup)
    describeLists(setup)
    describeTimedLists(setup)
    describeRestarts(setup)
  })
}
