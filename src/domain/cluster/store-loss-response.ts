import { isSwarmError } from '../model/errors.ts'
import { splitScope, tenantScope } from '../model/ids.ts'
import { SWARM_RECORDS } from '../model/swarm-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StoreLosses } from '../ports/store-losses.ts'
import type { StoreLoss, SwarmStore } from '../ports/swarm-store.ts'
import type { OpenSwarm } from './open-swarm.ts'

export interface StoreLossResponseModules {
  readonly losses: StoreLosses
  readonly store: SwarmStore
  readonly clock: Clock
  readonly logger: Logger
  /** The swarms that are open on this node. */
  open(): readonly OpenSwarm[]
  /** Closes a swarm that the store does not know any more. */
  forget(swarm: OpenSwarm): Promise<void>
  /** Creates what exists from the start. */
  createDefaults(): Promise<void>
}

const RETRY_MS = 1_000

/**
 * What a node does when its store has lost data: readers are told at once. After an operator has accepted the loss,
 * swarms that the store does not know any more are closed; none of them is made again from memory.
 */
export class StoreLossResponse {
  readonly #modules: StoreLossResponseModules

  constructor(modules: StoreLossResponseModules) {
    this.#modules = modules
  }

  start(): void {
    this.#modules.losses.onLoss((loss) => this.#changed(loss))
  }

  #changed(loss: StoreLoss | undefined): void {
    if (loss === undefined) void this.#resume()
    else for (const swarm of this.#modules.open()) swarm.suspend()
  }

  async #resume(): Promise<void> {
    const { open, forget, createDefaults, store, clock, logger } = this.#modules
    try {
      for (const swarm of open()) {
        if (await this.#isGone(swarm)) await forget(swarm)
        else swarm.resume()
      }
      await createDefaults()
    } catch (error) {
      logger.warn({ error }, 'swarms not looked through after a loss')
      const isAgainLost = store.status().loss !== undefined
      if (!isAgainLost && isSwarmError(error)) clock.setTimer(RETRY_MS, () => void this.#resume())
    }
  }

  async #isGone({ scope, createdAt }: OpenSwarm): Promise<boolean> {
    const { tenant, swarm } = splitScope(scope)
    if (swarm === undefined) return false
    const stored = await this.#modules.store.get(tenantScope(tenant), { kind: SWARM_RECORDS, id: swarm })
    return stored?.value.createdAt !== createdAt
  }
}
