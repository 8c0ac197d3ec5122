import { isSwarmError } from '#domain/model/errors.ts'
import { epochMs, jsonText, type TaskId, taskId } from '#domain/model/ids.ts'
import type { TaskRecord, TaskSpec } from '#domain/model/task-record.ts'
import type { NewTask, SubmitReply } from '#domain/tasks/task-service.ts'
import { httpCall } from './http-call.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimNode } from './sim-node.ts'
import { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

export interface SimClientModules {
  readonly world: World
  readonly random: SeededRandom
  pickNode(): SimNode | undefined
}

const TRY_AGAIN_MS = 400
/** What nobody in the swarm can do: such tasks end by their deadline or a cancel. */
export const NOBODYS = 'nobodys'

type Draft = Omit<NewTask, 'taskId'>

/** A client: submits tasks, alone and in batches, with an Idempotency-Key or without, and cancels some of them. */
export class SimClient {
  readonly #name: string
  readonly #modules: SimClientModules
  readonly #process: SimProcess
  readonly #accepted: TaskId[] = []
  #submits = 0
  #underWay = 0

  constructor(name: string, modules: SimClientModules) {
    this.#name = name
    this.#modules = modules
    this.#process = new SimProcess(modules.world.clock)
  }

  get isBusy(): boolean {
    return this.#underWay > 0
  }

  start(submits: number, withinMs: number): void {
    const { world, random } = this.#modules
    for (let count = 0; count < submits; count += 1) {
      this.#later(random.integer(withinMs), () => this.#submit())
    }
    this.#later(withinMs, async () => world.trace.note(this.#name, 'has submitted everything'))
  }

  #later(ms: number, work: () => Promise<void>): void {
    this.#underWay += 1
    this.#process.clock.setTimer(ms, () => {
      work().then(
        () => {
          this.#underWay -= 1
        },
        (error: unknown) => this.#modules.world.auditor.report(error),
      )
    })
  }

  async #submit(): Promise<void> {
    const { world, random } = this.#modules
    this.#submits += 1
    const key = `${this.#name}-${this.#submits}`
    const hasKey = random.next() < 0.6
    const size = random.next() < 0.2 ? 1 + random.integer(4) : 1
    const drafts = Array.from({ length: size }, (_, item) =>
      this.#draft(hasKey ? `${key}/${item}` : undefined),
    )
    const idempotency = hasKey ? { idempotency: { key, fingerprint: key } } : {}
    const isPipeline = size > 1 && random.next() < 0.5
    const askedAt = world.clock.now
    const reply = await this.#insist<SubmitReply>(
      'tasks.submit',
      (node) => {
        const tasks = drafts.map((draft) => ({ ...draft, taskId: taskId(node.ids.next()) }))
        return { tasks: isPipeline ? inStages(tasks) : tasks, ...idempotency }
      },
      hasKey,
    )
    if (reply === undefined) return
    const ids = reply.tasks.map((task) => task.taskId)
    world.trace.note(this.#name, `is answered ${ids.join(', ')} for ${key}`, ids[0])
    world.auditor.accepted(ids, askedAt)
    this.#accepted.push(...ids)
    for (const [item, id] of ids.entries()) {
      this.#cancelSome(id, drafts[item]?.spec)
      if (drafts[item]?.spec.capabilities.includes(NOBODYS) === false) this.#retrySome(id)
    }
  }

  /** A finished task is wanted again, as a new one. */
  #retrySome(id: TaskId): void {
    const { random, world } = this.#modules
    if (random.next() > 0.1) return
    this.#later(random.integer(10_000), async () => {
      const askedAt = world.clock.now
      const tried: TaskId[] = []
      const again = await this.#insist<TaskRecord>(
        'tasks.retry',
        (node) => {
          const newTaskId = taskId(node.ids.next())
          tried.push(newTaskId)
          return { taskId: id, newTaskId, includeDependents: random.next() < 0.5 }
        },
        false,
      )
      if (again !== undefined) world.auditor.accepted([again.taskId], askedAt)
      this.#cancelRevived(tried)
    })
  }

  /** A retry may bring back tasks that nobody can do, and without the deadline that ended them the first time. */
  #cancelRevived(retries: readonly TaskId[]): void {
    this.#later(8_000, async () => {
      const { auditor } = this.#modules.world
      const revived = auditor.openTasks().filter((id) => retries.some((retry) => id.startsWith(`${retry}-`)))
      for (const id of revived)
        await this.#insist('tasks.cancel', () => ({ taskId: id, reason: 'no longer wanted' }), true)
    })
  }

  #cancelSome(id: TaskId, spec: TaskSpec | undefined): void {
    const { random } = this.#modules
    const cannotEnd = spec?.capabilities.includes(NOBODYS) === true && spec.deadlineAt === undefined
    if (!cannotEnd && random.next() > 0.1) return
    this.#later(random.integer(6_000), async () => {
      await this.#insist('tasks.cancel', () => ({ taskId: id, reason: 'no longer wanted' }), true)
    })
  }

  #draft(key: string | undefined): Draft {
    const { world, random } = this.#modules
    const now = this.#process.clock.now()
    const isRelated = this.#accepted.length > 0 && random.next() < 0.3
    const relative = isRelated ? random.pick(this.#accepted) : undefined
    const isNobodys = random.next() < 0.05
    // Who does not know whether it submitted something, or whether its cancel is kept, cannot cancel it.
    const needsDeadline = isNobodys && (key === undefined || world.scenario.faults.has('lost_tail'))
    const spec: TaskSpec = {
      type: 'sim',
      capabilities: [isNobodys ? NOBODYS : random.next() < 0.3 ? 'rust' : 'review'],
      priority: 1 + random.integer(5),
      delayMs: random.next() < 0.2 ? random.integer(4_000) : 0,
      maxAttempts: 1 + random.integer(4),
      timeoutMs: 3_000 + random.integer(9_000),
      backoff: { baseMs: random.integer(1_000), factor: 2, maxMs: 2_000 },
      dependsOn: [],
      resources: random.next() < 0.15 ? { gpu: 1 } : {},
      metadata: key === undefined ? {} : { key },
      ...(needsDeadline || random.next() < 0.15
        ? { deadlineAt: epochMs(now + 2_000 + random.integer(15_000)) }
        : {}),
      ...(relative !== undefined && random.next() < 0.7 ? { dependsOn: this.#someAccepted(relative) } : {}),
      ...(relative !== undefined && random.next() < 0.4 ? { parentTaskId: relative } : {}),
    }
    return { spec, payload: jsonText('{}') }
  }

  #someAccepted(first: TaskId): readonly TaskId[] {
    const { random } = this.#modules
    const more = Array.from({ length: random.integer(3) }, () => random.pick(this.#accepted))
    return [...new Set([first, ...more])]
  }

  /** Asks until it is answered, at any node each time. @returns undefined where the answer is no, or nobody knows. */
  async #insist<T>(
    method: 'tasks.submit' | 'tasks.cancel' | 'tasks.retry',
    argument: (node: SimNode) => object,
    mayRepeat: boolean,
  ): Promise<T | undefined> {
    const { world, pickNode } = this.#modules
    for (;;) {
      const node = pickNode()
      try {
        if (node !== undefined) return await httpCall<T>(world, this.#process, node, method, argument(node))
      } catch (error) {
        if (!isSwarmError(error)) throw error
        if (!error.retryable || !mayRepeat) return undefined
      }
      await new Promise<void>((resolve) => this.#process.clock.setTimer(TRY_AGAIN_MS, resolve))
    }
  }
}

/** Each waits for the one before, and for its result. */
function inStages(tasks: readonly NewTask[]): readonly NewTask[] {
  return tasks.map((task, index) => {
    const before = tasks[index - 1]?.taskId
    if (before === undefined) return task
    return { ...task, spec: { ...task.spec, dependsOn: [before], inputFrom: before } }
  })
}
