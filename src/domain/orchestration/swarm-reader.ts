import {
  PROPOSAL_PAYLOAD_RECORDS,
  PROPOSAL_RECORDS,
  type ProposalRecord,
  type ProposalStatus,
} from '../consensus-engine/proposals/proposal-record.ts'
import type { Severity } from '../intelligence/patterns/pattern.ts'
import { PATTERN_RECORDS, type PatternRecord } from '../intelligence/patterns/pattern-record.ts'
import { TRAIL_SET_RECORDS, type TrailSetRecord } from '../intelligence/trails/trail-records.ts'
import {
  AGENT_RECORDS,
  type AgentRecord,
  type AgentStatus,
  REMOVED_AGENT_RECORDS,
  type RemovedAgentRecord,
} from '../model/agent-record.ts'
import { DECISION_RECORDS, type DecisionRecord } from '../model/decision-record.ts'
import { isSwarmError, SwarmError } from '../model/errors.ts'
import {
  type AgentId,
  type JsonText,
  jsonText,
  type ProposalId,
  type Scope,
  type TaskId,
} from '../model/ids.ts'
import type { PatternKind } from '../model/pattern-settings.ts'
import type { RecordKind } from '../model/record-kind.ts'
import { PAYLOAD_RECORDS, RESULT_RECORDS, TASK_RECORDS } from '../model/task-kinds.ts'
import { type TaskRecord, taskAt } from '../model/task-record.ts'
import type { Cancellation } from '../ports/cancellation.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import { SCHEDULE_RECORDS, type ScheduleRecord } from '../schedules/schedule-record.ts'
import { isOfOpenTasks, matchesTask, type TaskFilter, type TaskOrder } from '../tasks/task-filter.ts'

export interface AgentFilter {
  readonly status?: AgentStatus
  readonly capability?: string
  /** `name=value`. */
  readonly label?: string
}

export interface ProposalFilter {
  readonly status?: ProposalStatus
}

export interface PatternFilter {
  readonly kind?: PatternKind
  readonly status?: PatternRecord['status']
  readonly severity?: Severity
  readonly agentId?: AgentId
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Pass as `after` to go on; undefined at the end. A page may be short of `pageSize` and yet not be the last. */
  readonly next: string | undefined
  /** Ids within the page whose records are damaged; what a filter would say of them is unknown. */
  readonly damagedIds: readonly string[]
}

export interface PageRequest {
  readonly after?: string | undefined
  readonly pageSize: number
  /** A page that is cancelled ends early. */
  readonly cancellation?: Cancellation
}

/** Records looked at for one page, so that a filter that matches nothing cannot read the whole store. */
const SCAN_MAX = 5_000
const SCAN_STEP = 500

/** Reads one swarm's records straight from the store; any node can. */
export class SwarmReader {
  readonly #scope: Scope
  readonly #store: SwarmStore
  readonly #clock: Clock

  constructor(scope: Scope, { store, clock }: { readonly store: SwarmStore; readonly clock: Clock }) {
    this.#scope = scope
    this.#store = store
    this.#clock = clock
  }

  /** @throws SwarmError `task_not_found` */
  async task(taskId: TaskId): Promise<TaskRecord> {
    const stored = await this.#store.get(this.#scope, { kind: TASK_RECORDS, id: taskId })
    if (stored === undefined) throw new SwarmError('task_not_found', { taskId })
    return taskAt(stored.value, this.#clock.now())
  }

  async payload(taskId: TaskId): Promise<JsonText | undefined> {
    return (await this.#store.get(this.#scope, { kind: PAYLOAD_RECORDS, id: taskId }))?.value
  }

  async result(taskId: TaskId): Promise<JsonText | undefined> {
    return (await this.#store.get(this.#scope, { kind: RESULT_RECORDS, id: taskId }))?.value
  }

  /** @throws SwarmError `decision_not_found` while the task was never assigned */
  async decision(taskId: TaskId): Promise<DecisionRecord> {
    const stored = await this.#store.get(this.#scope, { kind: DECISION_RECORDS, id: taskId })
    if (stored === undefined) throw new SwarmError('decision_not_found', { taskId })
    return stored.value
  }

  /** @throws SwarmError `agent_not_found` */
  async agent(agentId: AgentId): Promise<AgentRecord> {
    return (await this.storedAgent(agentId)).value
  }

  /** What is kept of an agent that was removed; undefined where it never existed, or is there. */
  async removedAgent(agentId: AgentId): Promise<RemovedAgentRecord | undefined> {
    return (await this.#store.get(this.#scope, { kind: REMOVED_AGENT_RECORDS, id: agentId }))?.value
  }

  /** The same with its version. @throws SwarmError `agent_not_found` */
  async storedAgent(agentId: AgentId): Promise<StoredRecord<AgentRecord>> {
    const stored = await this.#store.get(this.#scope, { kind: AGENT_RECORDS, id: agentId })
    if (stored === undefined) throw new SwarmError('agent_not_found', { agentId })
    return stored
  }

  /** @throws SwarmError `proposal_not_found` */
  async proposal(proposalId: ProposalId): Promise<ProposalRecord> {
    const stored = await this.#store.get(this.#scope, { kind: PROPOSAL_RECORDS, id: proposalId })
    if (stored === undefined) throw new SwarmError('proposal_not_found', { proposalId })
    return stored.value
  }

  async proposalPayload(proposalId: ProposalId): Promise<JsonText> {
    const stored = await this.#store.get(this.#scope, { kind: PROPOSAL_PAYLOAD_RECORDS, id: proposalId })
    return stored?.value ?? jsonText('null')
  }

  /** What the proposals of a page are about; a proposal whose payload is damaged moves to the damaged ids. */
  async withPayloads({ items, damagedIds }: Page<ProposalRecord>): Promise<{
    readonly items: readonly { readonly record: ProposalRecord; readonly payload: JsonText }[]
    readonly damagedIds: readonly string[]
  }> {
    const damaged: string[] = []
    const found = await Promise.all(
      items.map(async (record) => {
        try {
          return [{ record, payload: await this.proposalPayload(record.proposalId) }]
        } catch (error) {
          if (!isSwarmError(error, 'record_damaged')) throw error
          damaged.push(record.proposalId)
          return []
        }
      }),
    )
    return { items: found.flat(), damagedIds: [...damagedIds, ...damaged] }
  }

  /** @throws SwarmError `schedule_not_found` */
  async schedule(scheduleId: string): Promise<ScheduleRecord> {
    const stored = await this.#store.get(this.#scope, { kind: SCHEDULE_RECORDS, id: scheduleId })
    if (stored === undefined) throw new SwarmError('schedule_not_found', { scheduleId })
    return stored.value
  }

  /** In the order of their ids. */
  schedules(page: PageRequest): Promise<Page<ScheduleRecord>> {
    return this.#scan({ kind: SCHEDULE_RECORDS, openOnly: false, isDescending: false }, page, () => true)
  }

  /** In the order of their ids. */
  proposals(filter: ProposalFilter, page: PageRequest): Promise<Page<ProposalRecord>> {
    const openOnly = filter.status === 'open'
    return this.#scan(
      { kind: PROPOSAL_RECORDS, openOnly, isDescending: false },
      page,
      ({ status }) => filter.status === undefined || filter.status === status,
    )
  }

  async tasks(
    filter: TaskFilter,
    page: PageRequest,
    order: TaskOrder = '-createdAt',
  ): Promise<Page<TaskRecord>> {
    const now = this.#clock.now()
    const found = await this.#scan(
      { kind: TASK_RECORDS, openOnly: isOfOpenTasks(filter), isDescending: order === '-createdAt' },
      page,
      (task) => matchesTask(taskAt(task, now), filter),
    )
    return { ...found, items: found.items.map((task) => taskAt(task, now)) }
  }

  /** @throws SwarmError `pattern_not_found` */
  async pattern(patternId: string): Promise<PatternRecord> {
    const stored = await this.#store.get(this.#scope, { kind: PATTERN_RECORDS, id: patternId })
    if (stored === undefined) throw new SwarmError('pattern_not_found', { patternId })
    return stored.value
  }

  /** Newest first. */
  patterns(
    { kind, status, severity, agentId }: PatternFilter,
    page: PageRequest,
  ): Promise<Page<PatternRecord>> {
    return this.#scan(
      { kind: PATTERN_RECORDS, openOnly: status === 'active', isDescending: true },
      page,
      (pattern) =>
        (kind === undefined || pattern.kind === kind) &&
        (status === undefined || pattern.status === status) &&
        (severity === undefined || pattern.severity === severity) &&
        (agentId === undefined || pattern.agentIds.includes(agentId)),
    )
  }

  /** In the order of their ids. */
  agents(filter: AgentFilter, page: PageRequest): Promise<Page<AgentRecord>> {
    return this.#scan({ kind: AGENT_RECORDS, openOnly: false, isDescending: false }, page, (agent) =>
      matchesAgent(agent, filter),
    )
  }

  /** By name. */
  trailSets(page: PageRequest): Promise<Page<TrailSetRecord>> {
    return this.#scan({ kind: TRAIL_SET_RECORDS, openOnly: false, isDescending: false }, page, () => true)
  }

  async #scan<V>(
    request: { readonly kind: RecordKind<V>; readonly openOnly: boolean; readonly isDescending: boolean },
    { after, pageSize, cancellation }: PageRequest,
    matches: (value: V) => boolean,
  ): Promise<Page<V>> {
    const items: V[] = []
    const damaged: string[] = []
    const damagedUpTo = (end: string | undefined): readonly string[] =>
      damaged.filter((id) => end === undefined || (request.isDescending ? id >= end : id <= end))
    let cursor = after
    for (let scanned = 0; scanned < SCAN_MAX && cancellation?.aborted !== true; scanned += SCAN_STEP) {
      const records = await this.#store.list({
        scope: this.#scope,
        ...request,
        ...(cursor === undefined ? {} : { after: cursor }),
        countMax: SCAN_STEP,
        onDamaged: (id) => damaged.push(id),
      })
      for (const { key, value } of records) {
        if (items.length === pageSize) return { items, next: cursor, damagedIds: damagedUpTo(cursor) }
        cursor = key.id
        if (matches(value)) items.push(value)
      }
      if (records.length < SCAN_STEP) return { items, next: undefined, damagedIds: damaged }
    }
    return { items, next: cursor, damagedIds: damagedUpTo(cursor) }
  }
}

function matchesAgent(agent: AgentRecord, filter: AgentFilter): boolean {
  return (
    (filter.status === undefined || agent.status === filter.status) &&
    (filter.capability === undefined ||
      agent.spec.capabilities.some(({ name }) => name === filter.capability)) &&
    (filter.label === undefined || hasLabel(agent, filter.label))
  )
}

/** @param label `name=value`: names hold no `=`, values may */
function hasLabel({ spec }: AgentRecord, label: string): boolean {
  const end = label.indexOf('=')
  const name = label.slice(0, end)
  return end !== -1 && Object.hasOwn(spec.labels, name) && spec.labels[name] === label.slice(end + 1)
}
