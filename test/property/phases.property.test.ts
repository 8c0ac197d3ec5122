import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { taskId } from '#domain/model/ids.ts'
import type { TaskPhase } from '#domain/model/task-record.ts'
import { anAgent, Cluster, newTask, type TestAgent, type TestNode } from '../unit/domain/cluster.ts'

const PHASES: readonly TaskPhase[] = [
  'blocked',
  'delayed',
  'queued',
  'offered',
  'assigned',
  'running',
  'retrying',
  'dead_letter',
  'done',
]
const TERMINAL: ReadonlySet<TaskPhase> = new Set(['dead_letter', 'done'])
const SKILLS = ['review', 'nobody'] as const
const STEPS_MAX = 40

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('submit' as const),
      delayMs: fc.constantFrom(0, 0, 1_500),
      skill: fc.constantFrom(...SKILLS),
      dependsOnLast: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('pass' as const),
      ms: fc.constantFrom(0, 1, 700, 1_500, 12_000),
    }),
  },
  fc.record({
    type: fc.constantFrom(
      'accept' as const,
      'complete' as const,
      'retry' as const,
      'fail' as const,
      'release' as const,
      'heartbeat' as const,
      'reconnect' as const,
    ),
    pick: fc.nat(20),
  }),
  fc.record({ type: fc.constant('cancel' as const), pick: fc.nat(20) }),
  fc.record({ type: fc.constant('restart' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A swarm of one agent that does what a sequence of steps says. */
class World {
  readonly cluster = new Cluster()
  node!: TestNode
  ada!: TestAgent
  #submitted = 0

  async start(): Promise<void> {
    this.node = await this.cluster.node()
    this.ada = await anAgent('ada', this.node, { slots: 3 })
  }

  /** What the swarm refuses it may refuse: only the views are judged. */
  async take(next: Step): Promise<void> {
    await this.cluster.settle(this.#do(next)).catch(() => undefined)
    await this.cluster.pass(0)
  }

  async #do(next: Step): Promise<unknown> {
    const { node, cluster, ada } = this
    switch (next.type) {
      case 'submit': {
        const { delayMs, skill, dependsOnLast } = next
        const dependsOn = dependsOnLast && this.#submitted > 0 ? [taskId(`t${this.#submitted}`)] : []
        this.#submitted += 1
        const backoff = { baseMs: 1_000, factor: 1, maxMs: 1_000 }
        const spec = { delayMs, capabilities: [skill], dependsOn, maxAttempts: 2, backoff }
        return node.service.tasks.submit({ tasks: [newTask(`t${this.#submitted}`, spec)] })
      }
      case 'pass':
        return cluster.pass(next.ms)
      case 'cancel':
        return node.service.tasks.cancel({ taskId: taskId(`t${next.pick}`), reason: 'no' })
      case 'restart': {
        node.die()
        this.node = await cluster.node()
        return ada.attach([], this.node)
      }
      default:
        return this.#report(next.type, next.pick)
    }
  }

  async #report(type: Exclude<Step['type'], 'submit' | 'pass' | 'cancel' | 'restart'>, pick: number) {
    const { node, ada } = this
    const given = node.sessions.assignmentsTo(ada.session)
    if (type === 'reconnect') return ada.attach([], node)
    const held = given.at(-1 - (pick % Math.max(1, given.length)))
    if (held === undefined) return undefined
    const report = ada.report(held)
    if (type === 'heartbeat') return node.service.agents.heartbeat({ ...report, held: [held] })
    if (type === 'accept') return node.service.tasks.accept(report)
    if (type === 'complete') return ada.complete(held, node)
    if (type === 'release') return node.service.tasks.release({ ...report, reason: 'no' })
    const failure = { code: 'broken', message: 'it broke' }
    return node.service.tasks.fail({ ...report, failure, kind: type === 'fail' ? 'fail' : 'retry' })
  }
}

async function listed(node: TestNode, filter: { readonly phase?: TaskPhase }) {
  const found = []
  let after: string | undefined
  do {
    const page = await node.swarm.reader.tasks(filter, { after, pageSize: 3 })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return found
}

describe('the phase of a task', () => {
  it('is the same in its own view, in every filtered list and in the counts, at any time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: STEPS_MAX }), async (steps) => {
        const world = new World()
        await world.start()
        for (const next of steps) {
          await world.take(next)
          const { node, cluster } = world
          const all = await listed(node, {})
          const report = await cluster.settle(node.service.swarm.monitor())
          for (const phase of PHASES) {
            const expected = all.filter((task) => task.phase === phase).map((task) => task.taskId)
            expect((await listed(node, { phase })).map((task) => task.taskId)).toEqual(expected)
            const counted = TERMINAL.has(phase) ? expected.length : (report.tasks[phase] ?? 0)
            expect([phase, counted]).toEqual([phase, expected.length])
          }
          for (const task of all) expect(await node.swarm.reader.task(task.taskId)).toEqual(task)
          expect(report.queueDepth).toBe(report.tasks.queued ?? 0)
          expect(
            all.filter(({ readyAt, phase }) => phase !== 'queued' && isWaitingPast(phase, readyAt, cluster)),
          ).toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  }, 120_000)
})

function isWaitingPast(phase: TaskPhase, readyAt: number | undefined, { clock }: Cluster): boolean {
  return (phase === 'delayed' || phase === 'retrying') && readyAt !== undefined && readyAt <= clock.now()
}
