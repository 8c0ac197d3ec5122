import type { AgentRegistry } from '../agents/agent-registry.ts'
import { isExpired } from '../communication/inbox-shelf.ts'
import { DEADLINE_MS_MAX } from '../consensus/proposal.ts'
import type { ProposalRecord } from '../consensus-engine/proposals/proposal-record.ts'
import {
  HOSTED_SIGNING_RECORDS,
  PROPOSAL_PAYLOAD_RECORDS,
  PROPOSAL_RECORDS,
} from '../consensus-engine/proposals/proposal-record.ts'
import { unchanged } from '../kernel/swarm-journal.ts'
import { REMOVED_AGENT_RECORDS } from '../model/agent-record.ts'
import { isSwarmError } from '../model/errors.ts'
import { IDEMPOTENCY_RECORDS } from '../model/idempotency-record.ts'
import type { EpochMs } from '../model/ids.ts'
import { INBOX_RECORDS } from '../model/message.ts'
import type { RecordKind } from '../model/record-kind.ts'
import type { Logger } from '../ports/logger.ts'
import { type RecordWrite, remove } from '../ports/records.ts'
import {
  FinishedTasks,
  type FinishedTasksModules,
  type FinishedTasksOptions,
} from '../tasks/finished-tasks.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'

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
/** Twice the longest deadline of a proposal. */
const SIGNINGS_KEPT_MS = 2 * DEADLINE_MS_MAX
/** Events looked at in one sweep; the next one goes on where it stopped. */
const SWEEP_MAX = 100_000
/** Records of a kind looked at in one sweep, at least. */
const LOOK_MIN = 2_000
/** A pass over all records of a kind takes about so long at most, however many there are. */
const PASS_MS = 3_600_000

/** Forgets what is old: finished tasks and proposals, remembered Idempotency-Keys, expired messages, events. In small steps, beside the work. */
export class Retention {
  readonly #options: RetentionOptions
  readonly #modules: RetentionModules
  readonly #finished: FinishedTasks
  readonly #cursors = new Map<RecordKind, string>()
  /** How many records of a kind there were when the present pass over them began. */
  readonly #counts = new Map<RecordKind, number>()
  #isStopped = false
  #cancelTimer: () => void = () => undefined

  constructor(options: RetentionOptions, modules: RetentionModules) {
    this.#options = options
    this.#modules = modules
    this.#finished = new FinishedTasks(options, modules)
  }

  start(): void {
    this.#finished.start()
    this.#schedule()
  }

  #schedule(): void {
    this.#cancelTimer = this.#modules.clock.setTimer(this.#options.retentionEveryMs, () => void this.#turn())
  }

  stop(): void {
    this.#isStopped = true
    this.#finished.stop()
    this.#cancelTimer()
  }

  async sweep(): Promise<void> {
    const { clock, registry } = this.#modules
    const now = clock.now()
    const { taskRetentionMs, idempotencyMs, removedAgentRetentionMs } = this.#options
    await this.#sweepKind(IDEMPOTENCY_RECORDS, ({ createdAt }) => createdAt < now - idempotencyMs)
    await this.#sweepKind(REMOVED_AGENT_RECORDS, ({ removedAt }) => removedAt < now - removedAgentRetentionMs)
    await this.#sweepKind(
      INBOX_RECORDS,
      ({ agentId, message }) => registry.find(agentId) === undefined || isExpired(message, now),
    )
    await this.#sweepKind(PROPOSAL_RECORDS, (proposal) => isEnded(proposal, now - taskRetentionMs), [
      PROPOSAL_RECORDS,
      PROPOSAL_PAYLOAD_RECORDS,
    ])
    // What was signed goes when its proposal could not be open any more, wherever it was signed.
    await this.#sweepKind(HOSTED_SIGNING_RECORDS, ({ lastAt }) => lastAt < now - SIGNINGS_KEPT_MS)
    await this.#sweepEvents(now)
    await this.#finished.sweep()
  }

  async #turn(): Promise<void> {
    try {
      await this.sweep()
    } catch (error) {
      if (!isSwarmError(error)) this.#modules.logger.error({ error }, 'retention sweep failed')
    }
    if (!this.#isStopped) this.#schedule()
  }

  async #sweepKind<V>(
    kind: RecordKind<V>,
    isOld: (value: V) => boolean,
    removedKinds: readonly RecordKind[] = [kind],
  ): Promise<void> {
    const { store, journal } = this.#modules
    const lookMax = await this.#lookMax(kind)
    for (let looked = 0; looked < lookMax && !this.#isStopped; looked += STEP) {
      const after = this.#cursors.get(kind)
      const from = after === undefined ? {} : { after }
      const records = await store.list({ scope: journal.scope, kind, countMax: STEP, ...from })
      const old = records.filter(({ value }) => isOld(value)).map(({ key }) => key)
      if (old.length > 0) {
        await journal.transact(old, (stored) => {
          // Asked again: a task may have been submitted since that refers to one of these.
          const writes = stored.flatMap((record): readonly RecordWrite[] =>
            record === undefined || !isOld(record.value)
              ? []
              : removedKinds.map((removed) => remove(removed, record.key.id)),
          )
          return { ...unchanged(null), writes }
        })
      }
      const last = records.at(-1)
      if (records.length < STEP || last === undefined) {
        this.#cursors.delete(kind)
        return
      }
      this.#cursors.set(kind, last.key.id)
    }
  }

  async #lookMax(kind: RecordKind): Promise<number> {
    const { store, journal } = this.#modules
    if (!this.#cursors.has(kind)) this.#counts.set(kind, await store.count(journal.scope, kind))
    const share = this.#options.retentionEveryMs / PASS_MS
    return Math.max(LOOK_MIN, Math.ceil((this.#counts.get(kind) ?? 0) * share))
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

function isEnded({ status, endedAt }: ProposalRecord, endedBefore: number): boolean {
  return status !== 'open' && endedAt !== null && endedAt < endedBefore
}
