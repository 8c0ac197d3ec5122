import type { SessionAddress } from '../communication/direct-channel.ts'
import type { AgentRecord } from '../model/agent-record.ts'
import type { Assignment } from '../model/assignment.ts'
import { SwarmError } from '../model/errors.ts'
import { type AgentId, type FencingToken, type MonotonicMs, monotonicMs, type TaskId } from '../model/ids.ts'
import type { ResourceAmounts } from '../model/task-record.ts'
import type { Candidate } from '../resources/candidate.ts'
import type { Requirement } from '../resources/requirement.ts'
import { coveredBy } from '../resources/room.ts'
import type { AgentConnection } from './agent-service.ts'
import { type BreakerOptions, CircuitBreaker } from './circuit-breaker.ts'
import type { PendingClaim } from './pending-claim.ts'

interface Holding {
  readonly token: FencingToken
  readonly resources: ResourceAmounts
}

/** A slot and resources set aside while an assignment is being written. */
export interface Reservation {
  readonly resources: ResourceAmounts
}

/** One agent as its coordinating node sees it: the record, and what is only true while the agent is here. */
export class AgentState {
  record: AgentRecord
  session: SessionAddress | undefined
  /** The newest connection that the process which attached last has opened. */
  #newestConnection: AgentConnection | undefined
  /** The connection over which the agent wants no new task. */
  #stopped: SessionAddress | undefined
  /** The HTTP claim that waits for work, if one does. */
  claim: PendingClaim | undefined
  /** The newest claim that was answered with tasks, until it is known what became of the answer. */
  answeredClaim: { readonly claimId: string; readonly assignments: readonly Assignment[] } | undefined
  /** False until the agent attached to this coordinatorship for the first time, or after the server closed its channel. */
  isLossItsOwn = false
  readonly breaker: CircuitBreaker
  readonly #holdings = new Map<TaskId, Holding>()
  readonly #reservations = new Set<Reservation>()
  readonly #used = new Map<string, number>()
  #restsUntil = monotonicMs(0)
  #capabilityNames: ReadonlySet<string> = new Set()

  constructor(record: AgentRecord, breaker: BreakerOptions) {
    this.record = record
    this.breaker = new CircuitBreaker(breaker)
    this.setRecord(record)
  }

  get agentId(): AgentId {
    return this.record.agentId
  }

  /** Tasks it holds, those being handed over included. */
  get heldCount(): number {
    return this.#holdings.size + this.#reservations.size
  }

  /**
   * The coordinating node knows the newest registration; the node that looked the token up may not have.
   *
   * @param tokenHash of the agent's token that a request was made with; undefined for other credentials
   * @throws SwarmError `unauthorized`
   */
  refuseOldToken(tokenHash: string | undefined): void {
    if (tokenHash !== undefined && tokenHash !== this.record.tokenHash)
      throw new SwarmError('unauthorized', { agentId: this.agentId })
  }

  /** @throws SwarmError `session_superseded` for a connection that its process opened before another that is known */
  noteConnection(connection: AgentConnection | undefined): void {
    const newest = this.#newestConnection
    if (connection?.processId === newest?.processId && (connection?.number ?? 0) < (newest?.number ?? 0))
      throw new SwarmError('session_superseded', { agentId: this.agentId, epoch: this.record.epoch })
    this.#newestConnection = connection
  }

  setRecord(record: AgentRecord): void {
    this.record = record
    this.#capabilityNames = new Set(record.spec.capabilities.map(({ name }) => name))
  }

  /** The tasks it holds, those still being handed over left out. */
  heldTasks(): readonly TaskId[] {
    return [...this.#holdings.keys()]
  }

  reserve(resources: ResourceAmounts): Reservation {
    const reservation = { resources }
    this.#reservations.add(reservation)
    this.#use(resources, 1)
    return reservation
  }

  cancel(reservation: Reservation): void {
    if (this.#reservations.delete(reservation)) this.#use(reservation.resources, -1)
  }

  hold(taskId: TaskId, resources: ResourceAmounts, token: FencingToken): void {
    const earlier = this.#holdings.get(taskId)
    if (earlier !== undefined) this.free(taskId, earlier.token)
    this.#holdings.set(taskId, { token, resources })
    this.#use(resources, 1)
  }

  /** @returns false where it does not hold the task under this token. */
  free(taskId: TaskId, token: FencingToken): boolean {
    const holding = this.#holdings.get(taskId)
    if (holding?.token !== token) return false
    this.#holdings.delete(taskId)
    this.#use(holding.resources, -1)
    return true
  }

  /** Whether nothing new is to be sent over its present connection. */
  get hasStopped(): boolean {
    return this.session !== undefined && this.session === this.#stopped
  }

  /** The agent takes no new task over its present connection. */
  stopWork(): void {
    this.#stopped = this.session
  }

  /** Whether it can be given tasks at all, whether it has room for another one or not. */
  mayStart(now: MonotonicMs): boolean {
    const { status, quarantine } = this.record
    const isAvailable = status === 'online' && quarantine === undefined && !this.hasStopped
    return isAvailable && now >= this.#restsUntil && this.breaker.state(now) !== 'open'
  }

  /** What `look` finds where the agent does not hold the task. `look` is called at once and changes nothing. */
  asIfFreed<T>(taskId: TaskId, token: FencingToken, look: () => T): T {
    const holding = this.#holdings.get(taskId)
    // Amounts are set back to what they were: adding what was subtracted need not give the same number.
    const used = [...this.#used]
    if (holding === undefined || !this.free(taskId, token)) return look()
    try {
      return look()
    } finally {
      this.#holdings.set(taskId, holding)
      for (const [name, amount] of used) this.#used.set(name, amount)
    }
  }

  /** The agent is given nothing new before this time. */
  rest(until: MonotonicMs): void {
    this.#restsUntil = until
  }

  /** How many more tasks it can be given now. */
  freeSlots(now: MonotonicMs): number {
    const { status, quarantine } = this.record
    if (status !== 'online' || quarantine !== undefined || !this.breaker.allows(now)) return 0
    if (this.hasStopped || now < this.#restsUntil) return 0
    const free = this.record.spec.slots - this.heldCount
    const wanted = this.session === undefined ? (this.claim?.room ?? 0) : free
    const trialsMax = this.breaker.state(now) === 'half_open' ? 1 : free
    return Math.max(0, Math.min(free, wanted, trialsMax))
  }

  /** Whether work may be kept for it: it takes new tasks over its channel or by the claim that waits. */
  isInService(now: MonotonicMs): boolean {
    const { status, quarantine } = this.record
    if (status !== 'online' || quarantine !== undefined || this.hasStopped) return false
    return this.breaker.allows(now) && (this.session !== undefined || (this.claim?.room ?? 0) > 0)
  }

  /** Whether it can do such work at all, busy or not. */
  isCapableOf({ capabilities, resources }: Requirement): boolean {
    return (
      capabilities.every((name) => this.#capabilityNames.has(name)) &&
      coveredBy(this.record.spec.resources, resources)
    )
  }

  /** Whether it could start such work now, if it has a slot. */
  canStart(requirement: Requirement): boolean {
    return this.isCapableOf(requirement) && coveredBy(this.freeResources(), requirement.resources)
  }

  asCandidate(freeSlots: number): Candidate {
    const { agentId, spec } = this.record
    return {
      agentId,
      capabilities: spec.capabilities,
      slots: spec.slots,
      activeTasks: this.heldCount,
      freeSlots,
      freeResources: this.freeResources(),
    }
  }

  freeResources(): ResourceAmounts {
    if (this.#used.size === 0) return this.record.spec.resources
    const entries = Object.entries(this.record.spec.resources)
    return Object.fromEntries(entries.map(([name, amount]) => [name, amount - (this.#used.get(name) ?? 0)]))
  }

  #use(resources: ResourceAmounts, sign: 1 | -1): void {
    for (const [name, amount] of Object.entries(resources)) {
      const used = (this.#used.get(name) ?? 0) + sign * amount
      if (used === 0) this.#used.delete(name)
      else this.#used.set(name, used)
    }
  }
}
