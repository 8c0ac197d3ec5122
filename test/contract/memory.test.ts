import { ManualClock } from '#simulation/manual-clock.ts'
import { createMemoryInfra, type MemoryInfra } from '#simulation/memory/memory-infra.ts'
import { MemoryMedium } from '#simulation/memory/memory-medium.ts'
import { hostedJournal } from './hosted-journal.ts'
import type { InfraUnderTest } from './infra-under-test.ts'
import { describeMemory } from './memory.contract.ts'
import { describeReadyQueue } from './ready-queue.contract.ts'
import { describeSigningJournal } from './signing-journal.contract.ts'
import { describeSwarmStore } from './swarm-store.contract.ts'

async function setup(): Promise<InfraUnderTest> {
  const clock = new ManualClock()
  const medium = new MemoryMedium()
  let infra: MemoryInfra = createMemoryInfra({}, { medium, clock })
  return {
    get infra() {
      return infra
    },
    clock,
    reopen: async () => {
      await infra.close()
      infra = createMemoryInfra({}, { medium, clock })
    },
    pass: (ms) => clock.advanceAsync(ms),
    teardown: () => infra.close(),
  }
}

// What stands in for the stores in unit tests and simulations has to keep the stores' promises.
describeSwarmStore('memory', setup)
describeReadyQueue('memory', setup)
describeMemory('memory', setup)
describeSigningJournal('hosted, memory', (publicKey) => hostedJournal(setup, publicKey))
