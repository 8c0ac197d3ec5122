import type { AgentSpec } from '#domain/model/agent-record.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimNode } from './sim-node.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

export interface AgentIdentity {
  readonly agentId: AgentId
  readonly spec: AgentSpec
  readonly isSlow: boolean
  readonly isStubborn: boolean
}

export interface AgentLifeModules {
  readonly world: World
  readonly process: SimProcess
  readonly random: SeededRandom
  /** A node that takes requests; undefined where none does. */
  pickNode(): SimNode | undefined
}

/** One run of an agent's process, from its start to its crash. */
export interface AgentLife {
  readonly isBusy: boolean
  start(): void
  /** Its operating system closes what it had open. */
  crash(): void
  /** Its connection breaks, if it has one. */
  cutSocket(): void
}
