import { AGENT_RECORDS } from '#domain/model/agent-record.ts'
import type { Assignment } from '#domain/model/assignment.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { agentId, type TaskId, taskId } from '#domain/model/ids.ts'
import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { SCOPE } from './address.ts'
import { AttemptAudit } from './attempt-audit.ts'
import type { Disturbances } from './disturbances.ts'
import { LeaseAudit } from './lease-audit.ts'
import type { KeptScope, MemoryMedium } from './memory/memory-medium.ts'
import { RESULT } from './result.ts'
import type { Scenario } from './scenario.ts'
import type { SimClock } from './sim-clock.ts'
import { TaskHistory } from './task-history.ts'
import type { Trace } from './trace.ts'
import { Violation } from './violation.ts'

const LEASE_ENDS: ReadonlySet<string> = new Set([
  'task.completed',
  'task.failed',
  'task.canceled',
  'task.rejected',
  'task.retrying',
  'task.released',
])

/** A reader that is on its way from one node to another is told later than the others. */
const TOLD_WITHIN_MS = 2_000
/** A node reads the store's clock with an error of half a round trip; two nodes may differ by twice that. */
const DELAY_ERROR_MS_MAX = 100

/** What the auditor sees of the world it watches. */
export interface AuditedWorld {
  readonly scenario: Scenario
  readonly clock: SimClock
  readonly wires: Clock
  readonly trace: Trace
  readonly disturbances: Disturbances
  readonly medium: MemoryMedium
}

/**
 * Sees everything that was committed, at the moment it was, and everything the clients and agents were answered; and
 * says which promise was broken first. It shares no code with what it audits but the types.
 */
export class Auditor {
  readonly leases: LeaseAudit
  readonly #attempts: AttemptAudit
  readonly #world: AuditedWorld
  readonly #history: TaskHistory
  /** Every event ever committed, by epoch and number. */
  readonly #contents = new Map<string, { readonly text: string; readonly committedAt: number }>()
  readonly #accepted = new Set<TaskId>()
  readonly #byKey = new Map<string, TaskId>()
  #lastSequence = 0
  #lastEpoch = 0
  #lossCount = 0
  #lostAt = -1
  #violation: Violation | undefined

  constructor(world: AuditedWorld) {
    this.#world = world
    const fail = (promise: string, about?: string): void => this.fail(promise, about)
    this.#history = new TaskHistory(fail)
    this.#attempts = new AttemptAudit(fail)
    this.leases = new LeaseAudit({
      clock: world.clock,
      disturbances: world.disturbances,
      areWallClocksSet: world.scenario.faults.has('wall_clock'),
      fail,
    })
  }

  get violation(): Violation | undefined {
    return this.#violation
  }

  get lossCount(): number {
    return this.#lossCount
  }

  fail(promise: string, about?: string): void {
    if (this.#violation !== undefined) return
    this.#world.trace.note('auditor', promise, about)
    this.#violation = new Violation(promise, about)
  }

  /** Something threw that is no SwarmError: a bug of ours. */
  report(error: unknown): void {
    this.fail(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  /** Looks at what was committed since the last look. */
  look(): void {
    const kept = this.#world.medium.scope(SCOPE)
    const touched = new Set<TaskId>()
    for (const event of newEvents(kept, this.#lastSequence)) {
      this.#look(event, kept)
      if (event.type.startsWith('task.')) touched.add(taskId(event.subject))
    }
    for (const id of touched) {
      const record = recordOf(kept, id)
      if (record !== undefined) this.#history.compare(record)
      else if (!this.#mayBeForgotten(id)) this.fail(`${id} has events but no record`, id)
    }
  }

  /** The store has just lost its tail. */
  lost(): void {
    const kept = this.#world.medium.scope(SCOPE)
    this.#lossCount += 1
    this.#lostAt = this.#world.clock.now
    this.#lastSequence = kept.events.at(-1)?.sequence ?? 0
    this.#history.replay(kept.events)
    this.leases.forget()
    this.#byKey.clear()
    for (const [id, { lease }] of this.#history.stories) {
      const record = recordOf(kept, id)
      if (record === undefined) continue
      this.#noteKey(record)
      if (lease !== undefined) this.#beginLease(record, lease)
    }
    // What was accepted since the last flush was promised as committed, not as synced.
    for (const id of this.#accepted) if (!this.#history.stories.has(id)) this.#accepted.delete(id)
  }

  /** A submit was answered well. */
  accepted(ids: readonly TaskId[], askedAt: number): void {
    for (const id of ids) {
      if (this.#history.stories.has(id)) this.#accepted.add(id)
      else if (this.#lostAt < askedAt) this.fail(`${id} was accepted and is not in the store`, id)
    }
  }

  /** An agent, or its machine, has the assignment. */
  received(id: TaskId, token: number): void {
    this.#attempts.received(id, token)
  }

  /** A stage of a pipeline was given to an agent, or another task. */
  input({ taskId: id, spec, payload }: Assignment): void {
    if (spec.inputFrom !== undefined && payload !== RESULT)
      this.fail(`${id} was given ${payload} and not the result of ${spec.inputFrom}`, id)
  }

  /** A completion was answered well. */
  completionAnswered(id: TaskId, token: number, by: string): void {
    const ending = this.#history.stories.get(id)?.ending
    if (ending?.status === 'completed' && ending.token === token) return
    if (this.#lossCount === 0) this.fail(`${by} was told that it completed ${id} under ${token}`, id)
  }

  /** What an event number of an epoch stands for, as it was committed. */
  contentOf({ epoch, sequence }: SwarmEvent): string | undefined {
    return this.#contents.get(`${epoch}/${sequence}`)?.text
  }

  /** Whether it was committed so long ago that every reader must have been told of it. */
  isOld({ epoch, sequence }: SwarmEvent): boolean {
    const content = this.#contents.get(`${epoch}/${sequence}`)
    return content !== undefined && this.#world.clock.now - content.committedAt > TOLD_WITHIN_MS
  }

  openTasks(): readonly TaskId[] {
    return [...this.#history.stories].flatMap(([id, { ending }]) => (ending === undefined ? [id] : []))
  }

  /** To be called when the swarm came to rest. */
  close(): void {
    this.look()
    for (const id of this.openTasks()) this.fail(`${id} never ended`, id)
    for (const id of this.#accepted)
      if (!this.#history.stories.has(id)) this.fail(`${id} was accepted and is gone`, id)
    const kept = this.#world.medium.scope(SCOPE)
    for (const id of this.#history.stories.keys()) {
      const record = recordOf(kept, id)
      if (record !== undefined) this.#history.compare(record)
      else if (!this.#mayBeForgotten(id)) this.fail(`${id} lost its record`, id)
    }
    for (const id of leavingAgents(kept))
      this.fail(`${id} was deregistered, holds nothing and is still there`, id)
  }

  #look(event: SwarmEvent, kept: KeptScope): void {
    const { trace } = this.#world
    const { type, subject, sequence, epoch, data } = event
    trace.note(`event ${sequence}`, `${type} ${JSON.stringify(data)}`, subject)
    const isContiguous =
      sequence === this.#lastSequence + 1 || (epoch > this.#lastEpoch && this.#lossCount > 0)
    if (!isContiguous) this.fail(`event ${sequence} follows ${this.#lastSequence}`, subject)
    if (epoch < this.#lastEpoch)
      this.fail(`event ${sequence} of epoch ${epoch} follows one of ${this.#lastEpoch}`, subject)
    this.#lastSequence = sequence
    this.#lastEpoch = epoch
    const place = `${epoch}/${sequence}`
    const text = JSON.stringify(event)
    if (this.#contents.has(place)) this.fail(`event ${sequence} of epoch ${epoch} has two contents`, subject)
    this.#contents.set(place, { text, committedAt: this.#world.clock.now })
    this.#history.read(event)
    this.#follow(event, kept)
  }

  #follow(event: SwarmEvent, kept: KeptScope): void {
    const { type, subject, data } = event
    if (type === 'swarm.coordinator_changed') this.leases.coordinatorChanged()
    if (!type.startsWith('task.')) return
    const id = taskId(subject)
    const story = this.#history.stories.get(id)
    const record = recordOf(kept, id)
    if (story !== undefined && record !== undefined) this.#attempts.look(event, story, record)
    if (type === 'task.submitted' && record !== undefined) {
      this.#noteKey(record)
      this.#refuseForgetfulRetry(record, kept)
    }
    if (type === 'task.assigned' && record !== undefined) {
      if (story?.lease !== undefined) this.#beginLease(record, story.lease)
      const leftMs = record.createdAt + record.spec.delayMs - this.#world.wires.now()
      if (record.spec.delayMs > 0 && leftMs > DELAY_ERROR_MS_MAX)
        this.fail(`${id} was assigned ${leftMs} ms before its delay was over`, id)
      for (const before of record.spec.dependsOn)
        if (this.#history.stories.get(before)?.ending?.status !== 'completed')
          this.fail(`${id} was assigned before ${before}, which it depends on, was completed`, id)
    }
    const failure = 'failure' in data ? data.failure : undefined
    if (failure?.code === 'dependency_failed' && record !== undefined) this.#refuseNeedlessFailure(record)
    if (!LEASE_ENDS.has(type)) return
    this.leases.end(id, failure?.code)
  }

  #refuseNeedlessFailure({ taskId: id, spec }: TaskRecord): void {
    const endings = spec.dependsOn.map((before) => this.#history.stories.get(before)?.ending?.status)
    if (endings.every((status) => status === 'completed'))
      this.fail(`${id} failed for what it depends on, all of which was completed`, id)
  }

  /** Each of what the first one waited for, or its retry, unless it is completed and forgotten. */
  #refuseForgetfulRetry({ taskId: id, spec, retryOf }: TaskRecord, kept: KeptScope): void {
    if (retryOf === undefined) return
    const rootOf = (task: TaskId): TaskId => {
      const before = recordOf(kept, task)?.retryOf
      return before === undefined ? task : rootOf(before)
    }
    const roots = new Set(spec.dependsOn.map(rootOf))
    for (const dependency of recordOf(kept, retryOf)?.spec.dependsOn ?? [])
      if (recordOf(kept, dependency) !== undefined && !roots.has(rootOf(dependency)))
        this.fail(`${id} does ${retryOf} again and does not wait for ${dependency}`, id)
  }

  /** What has ended need not be kept, where the scenario has it so. */
  #mayBeForgotten(id: TaskId): boolean {
    return (
      this.#world.scenario.faults.has('forgetting') && this.#history.stories.get(id)?.ending !== undefined
    )
  }

  #beginLease(
    { taskId: id, spec }: TaskRecord,
    lease: { readonly agentId: string; readonly token: number },
  ): void {
    const { timeoutMs, resources } = spec
    this.leases.begin({
      taskId: id,
      agentId: agentId(lease.agentId),
      token: lease.token,
      timeoutMs,
      resources,
    })
  }

  #noteKey({ taskId: id, spec, retryOf }: TaskRecord): void {
    const key = spec.metadata['key']
    // A retry is another task by intent, with the metadata of the first.
    if (key === undefined || retryOf !== undefined) return
    const earlier = this.#byKey.get(key)
    if (earlier !== undefined) this.fail(`the key of ${earlier} made a second task ${id}`, id)
    this.#byKey.set(key, id)
  }
}

function newEvents({ events }: KeptScope, after: number): readonly SwarmEvent[] {
  let from = events.length
  while (from > 0 && (events[from - 1]?.sequence ?? 0) > after) from -= 1
  return events.slice(from)
}

function leavingAgents({ records }: KeptScope): readonly string[] {
  const agents = [...records].filter(([name]) => name.startsWith('agent/'))
  const found = agents.map(([id, { text }]) => AGENT_RECORDS.codec.decode(text, id))
  return found.filter(({ isLeaving }) => isLeaving).map((agent) => agent.agentId)
}

function recordOf({ records }: KeptScope, id: TaskId): TaskRecord | undefined {
  const text = records.get(`task/${id}`)?.text
  return text === undefined ? undefined : TASK_RECORDS.codec.decode(text, id)
}
