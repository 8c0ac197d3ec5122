import type { AgentRegistry } from '../agents/agent-registry.ts'
import { isSwarmError } from '../model/errors.ts'
import type { EpochMs } from '../model/ids.ts'
import type { Logger } from '../ports/logger.ts'
import {
  FinishedTasks,
  type FinishedTasksModules,
  type FinishedTasksOptions,
} from '../tasks/finished-tasks.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { RecordSweep } from './record-sweep.ts'
import { retentionRules } from './retention-rules.ts'

export interface RetentionOptions
  extends FinishedTasksOptions,
    Pick<
      OrchestratorOptions,
      'eventRetentionMs' | 'removedAgentRetentionMs' | 'idempotencyMs' | 'retentionEveryMs'
    > {
  /** Read at each sweep, since a swarm's limits can be changed. */
  eventsMax(): number
}

export interface RetentionModules extends FinishedTasksModules {
  readonly registry: AgentRegistry
  readonly logger: Logger
}

const STEP = 200
/** Events looked at in one sweep; the next one goes on where it stopped. */
const SWEEP_MAX = 100_000

/** Forgets what is old: finished tasks and proposals, remembered Idempotency-Keys, expired messages, events. In small steps, beside the work. */
export class Retention {
  readonly #options: RetentionOptions
  readonly #modules: RetentionModules
  /** Reads the log. */
  readonly finished: FinishedTasks
  readonly #records: readonly RecordSweep[]
  #isStopped = false
  #cancelTimer: () => void = () => undefined

  constructor(options: RetentionOptions, modules: RetentionModules) {
    this.#options = options
    this.#modules = modules
    this.finished = new FinishedTasks(options, modules)
    this.#records = retentionRules(options, modules).map(
      (rule) => new RecordSweep(rule, options.retentionEveryMs, modules),
    )
  }

  start(): void {
    this.#schedule()
  }

  #schedule(): void {
    this.#cancelTimer = this.#modules.clock.setTimer(this.#options.retentionEveryMs, () => void this.#turn())
  }

  stop(): void {
    this.#isStopped = true
    this.finished.stop()
    for (const records of this.#records) records.stop()
    this.#cancelTimer()
  }

  async sweep(): Promise<void> {
    for (const records of this.#records) await records.sweep()
    await this.#sweepEvents(this.#modules.clock.now())
    await this.finished.sweep()
  }

  async #turn(): Promise<void> {
    try {
      await this.sweep()
    } catch (error) {
      if (!isSwarmError(error)) this.#modules.logger.error({ error }, 'retention sweep failed')
    }
    if (!this.#isStopped) this.#schedule()
  }

  /** By count first, then by age, which is looked up in the log itself. */
  async #sweepEvents(now: EpochMs): Promise<void> {
    const { store, journal } = this.#modules
    const log = await store.readEvents(journal.scope, 0, 1)
    const { firstSequence, lastSequence, keptCount = lastSequence - firstSequence + 1 } = log
    // Where numbers are missing fewer events go than could; the next sweep goes on.
    let trimTo = firstSequence - 1 + Math.max(0, keptCount - this.#options.eventsMax())
    const keptFrom = now - this.#options.eventRetentionMs
    for (let looked = 0; looked < SWEEP_MAX; looked += STEP) {
      const { events } = await store.readEvents(journal.scope, trimTo, STEP)
      const firstKept = events.findIndex(({ time }) => time >= keptFrom)
      const newestOld = firstKept === -1 ? events.at(-1) : events[firstKept - 1]
      if (newestOld !== undefined) trimTo = newestOld.sequence
      if (firstKept !== -1 || events.length < STEP) break
    }
    if (trimTo >= firstSequence) await store.trimEvents(journal.scope, trimTo)
  }
}
