import type { Assignment, HeldTask } from '#domain/model/assignment.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import type { AgentId, TaskId } from '#domain/model/ids.ts'
import type { SwarmMethod } from '#domain/orchestration/swarm-service.ts'
import { RESULT } from './result.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

export interface AgentWorkOptions {
  readonly agentId: AgentId
  /** Over a channel a task is accepted by a frame; over HTTP by asking for it. */
  readonly accepts: boolean
  readonly isSlow: boolean
  /** Works on when it is told to stop, and says so: what it is doing cannot be interrupted. */
  readonly isStubborn: boolean
}

export interface AgentWorkModules {
  readonly world: World
  readonly process: SimProcess
  readonly random: SeededRandom
  /** Says something about a task the way the agent is connected. Rejects with a SwarmError. */
  report(method: SwarmMethod, argument: object): Promise<unknown>
}

const RETRY_MS = 300
const DURATION_MAX_MS = 1_500
const LONG_DURATION_MAX_MS = 5_000
const SLOW_DURATION_MAX_MS = 15_000

/** What one life of an agent works on, and what it says of it. It never trusts that it was heard. */
export class AgentWork {
  readonly #options: AgentWorkOptions
  readonly #modules: AgentWorkModules
  readonly #working = new Map<TaskId, Assignment>()
  /** The newest token seen for each task: an older assignment that arrives late is not taken up. */
  readonly #newest = new Map<TaskId, number>()

  constructor(options: AgentWorkOptions, modules: AgentWorkModules) {
    this.#options = options
    this.#modules = modules
  }

  get held(): readonly HeldTask[] {
    return [...this.#working.values()].map(({ taskId, fencingToken }) => ({ taskId, fencingToken }))
  }

  get count(): number {
    return this.#working.size
  }

  take(assignment: Assignment): void {
    const { taskId, fencingToken } = assignment
    if ((this.#newest.get(taskId) ?? 0) >= fencingToken) return
    const { world } = this.#modules
    this.#newest.set(taskId, fencingToken)
    this.#working.set(taskId, assignment)
    world.trace.note(this.#options.agentId, `works under ${fencingToken}`, taskId)
    world.auditor.received(taskId, fencingToken)
    world.auditor.input(assignment)
    world.auditor.leases.delivered(this.#options.agentId, taskId, fencingToken)
    void this.#do(assignment)
  }

  /** It is no longer its own; a token says under which assignment. */
  drop(taskId: TaskId, token?: number): void {
    const assignment = this.#working.get(taskId)
    if (assignment === undefined || (token !== undefined && assignment.fencingToken > token)) return
    this.#working.delete(taskId)
    this.#modules.world.auditor.leases.dropped(this.#options.agentId, taskId, assignment.fencingToken)
  }

  async #do(assignment: Assignment): Promise<void> {
    const { random, world } = this.#modules
    const halfMs = Math.floor(random.integer(this.#durationMax()) / 2)
    if (this.#options.accepts && random.next() < 0.8) void this.#say(assignment, 'tasks.accept', {})
    await this.#wait(halfMs)
    if (random.next() < 0.2) void this.#say(assignment, 'tasks.progress', { ratio: 0.5 })
    await this.#wait(halfMs)
    const [method, argument] = this.#outcome()
    for (
      let isFirst = true;
      this.#isMine(assignment) || (isFirst && this.#options.isStubborn);
      isFirst = false
    ) {
      const { taskId, fencingToken } = assignment
      const outcome = await this.#say(assignment, method, argument)
      if (outcome === 'done') {
        if (method === 'tasks.complete')
          world.auditor.completionAnswered(taskId, fencingToken, this.#options.agentId)
        this.drop(taskId, fencingToken)
      } else if (outcome === 'lost') {
        this.drop(taskId, fencingToken)
      } else {
        await this.#wait(RETRY_MS)
      }
    }
  }

  async #say(
    { taskId, fencingToken }: Assignment,
    method: SwarmMethod,
    argument: object,
  ): Promise<'done' | 'lost' | 'again'> {
    const { world, report } = this.#modules
    const { agentId } = this.#options
    try {
      world.auditor.leases.spoke(agentId, [taskId])
      world.trace.note(agentId, `${method} under ${fencingToken}`, taskId)
      await report(method, { agentId, taskId, fencingToken, ...argument })
      return 'done'
    } catch (error) {
      if (isSwarmError(error, 'lease_lost', 'task_not_found')) return 'lost'
      if (isSwarmError(error)) return 'again'
      throw error
    }
  }

  #durationMax(): number {
    const draw = this.#modules.random.next()
    if (this.#options.isSlow && draw < 0.4) return SLOW_DURATION_MAX_MS
    return draw < 0.5 ? DURATION_MAX_MS : LONG_DURATION_MAX_MS
  }

  #outcome(): [SwarmMethod, object] {
    const { random, world } = this.#modules
    const failure = { code: 'broken', message: 'it broke' }
    const troubleRatio = world.has('failing_handlers') ? 0.5 : 0.1
    if (random.next() >= troubleRatio) return ['tasks.complete', { result: RESULT }]
    const draw = random.next()
    if (draw < 0.6) return ['tasks.fail', { failure, kind: 'retry' }]
    if (draw < 0.7) return ['tasks.fail', { failure, kind: 'fail' }]
    if (draw < 0.8) return ['tasks.fail', { failure, kind: 'reject' }]
    return ['tasks.release', { reason: 'not now' }]
  }

  #isMine({ taskId, fencingToken }: Assignment): boolean {
    return this.#working.get(taskId)?.fencingToken === fencingToken
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#modules.process.clock.setTimer(ms, resolve))
  }
}
