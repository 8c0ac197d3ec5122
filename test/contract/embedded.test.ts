import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Durability } from '#domain/ports/swarm-store.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { hostedJournal } from './hosted-journal.ts'
import type { InfraUnderTest } from './infra-under-test.ts'
import { describeMemory } from './memory.contract.ts'
import { describeReadyQueue } from './ready-queue.contract.ts'
import { describeSigningJournal } from './signing-journal.contract.ts'
import { describeSwarmStore } from './swarm-store.contract.ts'
import { describeTrails } from './trails.contract.ts'

async function setup(durability: Durability): Promise<InfraUnderTest> {
  const clock = new ManualClock()
  const logger = new MemoryLogger()
  const dataDir = mkdtempSync(join(tmpdir(), 'amos-embedded-'))
  const open = () => createEmbeddedInfra({ dataDir, durability }, { clock, logger })
  let infra = await open()
  return {
    get infra() {
      return infra
    },
    clock,
    reopen: async () => {
      await infra.close()
      infra = await open()
    },
    pass: (ms) => clock.advanceAsync(ms),
    teardown: async () => {
      await infra.close()
      rmSync(dataDir, { recursive: true })
    },
  }
}

describeSwarmStore('LMDB, synced', () => setup('synced'))
describeSwarmStore('LMDB, committed', () => setup('committed'))
describeTrails('LMDB', () => setup('synced'))
describeReadyQueue('embedded', () => setup('committed'))
describeMemory('embedded', () => setup('committed'))
describeSigningJournal('hosted, LMDB', (publicKey) => hostedJournal(() => setup('synced'), publicKey))
