import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonText, type TaskId, taskId } from '#domain/model/ids.ts'
import { isTerminal, type TaskRecord } from '#domain/model/task-record.ts'
import { anAgent, Cluster, newTask, type TestAgent, type TestNode } from '../unit/domain/cluster.ts'

/** A task by what it depends on, as distances to earlier ones, and by whether the first of these is its input. */
const node = fc.record({
  behind: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
  takesInput: fc.boolean(),
})
const life = fc.record({
  graph: fc.array(node, { minLength: 2, maxLength: 8 }),
  failing: fc.array(fc.nat(7), { maxLength: 4 }),
  retries: fc.array(fc.record({ pick: fc.nat(20), includeDependents: fc.boolean() }), { maxLength: 10 }),
})

class World {
  readonly cluster = new Cluster()
  /** What an agent should not have been given. */
  readonly wrong: string[] = []
  node!: TestNode
  ada!: TestAgent
  #retries = 0

  async start(graph: readonly { readonly behind: readonly number[]; readonly takesInput: boolean }[]) {
    this.node = await this.cluster.node()
    this.ada = await anAgent('ada', this.node, { slots: 50 })
    const tasks = graph.map(({ behind, takesInput }, index) => {
      const dependsOn = behind
        .filter((distance) => distance <= index)
        .map((distance) => idOf(index - distance))
      const inputFrom = takesInput ? dependsOn[0] : undefined
      return { ...newTask(idOf(index), { dependsOn, inputFrom, maxAttempts: 1 }), payload: jsonText('"own"') }
    })
    await this.node.service.tasks.submit({ tasks })
  }

  /** Ends everything that can be ended; `failing` says which of the first ones fail. */
  async work(failing: ReadonlySet<TaskId>): Promise<void> {
    const { cluster, node, ada } = this
    const done = new Set<TaskId>()
    for (;;) {
      await cluster.pass(0)
      const held = ada.assignments.filter((assignment) => !done.has(assignment.taskId))
      if (held.length === 0) return
      for (const assignment of held) {
        done.add(assignment.taskId)
        const record = await node.swarm.reader.task(assignment.taskId)
        if (isTerminal(record.status)) continue
        await this.#judge(record, assignment.payload)
        if (failing.has(record.taskId)) await ada.fail(assignment, 'fail')
        else
          await node.service.tasks.complete({
            ...ada.report(assignment),
            result: jsonText(`"${record.taskId}"`),
          })
      }
    }
  }

  async retry(id: TaskId, includeDependents: boolean): Promise<void> {
    this.#retries += 1
    const newTaskId = taskId(`r${this.#retries}`)
    await this.node.service.tasks.retry({ taskId: id, newTaskId, includeDependents })
  }

  async all(): Promise<readonly TaskRecord[]> {
    return (await this.node.swarm.reader.tasks({}, { pageSize: 100 })).items
  }

  /** All that were not done again. */
  async newest(): Promise<readonly TaskRecord[]> {
    return (await this.all()).filter(({ retriedAs }) => retriedAs === undefined)
  }

  /** What is given to an agent has all that it waits for, and the result of its input. */
  async #judge({ taskId: id, spec, retryOf }: TaskRecord, payload: string): Promise<void> {
    const { reader } = this.node.swarm
    const before = await Promise.all(spec.dependsOn.map((id) => reader.task(id)))
    if (before.some(({ status }) => status !== 'completed')) this.wrong.push(`${id} did not wait`)
    const input = spec.inputFrom === undefined ? '"own"' : `"${spec.inputFrom}"`
    if (payload !== input) this.wrong.push(`${id} was given ${payload} in place of ${input}`)
    if (retryOf === undefined) return
    const original = await reader.task(retryOf)
    const [roots, originals] = await Promise.all(
      [spec, original.spec].map((one) => this.#roots(one.dependsOn)),
    )
    if (String(roots) !== String(originals))
      this.wrong.push(`${id} waits for ${String(roots)} in place of ${String(originals)}`)
  }

  #roots(ids: readonly TaskId[]): Promise<readonly TaskId[]> {
    return Promise.all(ids.map((id) => this.#rootOf(id)))
  }

  async #rootOf(id: TaskId): Promise<TaskId> {
    const { retryOf } = await this.node.swarm.reader.task(id)
    return retryOf === undefined ? id : this.#rootOf(retryOf)
  }
}

const idOf = (index: number): TaskId => taskId(`t${index}`)

describe('the retry of finished tasks', () => {
  it('waits for and receives what the first tries did, whatever failed and whatever was retried', async () => {
    await fc.assert(
      fc.asyncProperty(life, async ({ graph, failing, retries }) => {
        const world = new World()
        await world.start(graph)
        await world.work(new Set(failing.map(idOf)))
        for (const { pick, includeDependents } of retries) {
          const finished = (await world.all()).filter(({ status }) => isTerminal(status))
          await world.retry(finished[pick % finished.length]!.taskId, includeDependents)
          await world.work(new Set())
        }
        // What failed by itself first: what failed with it is revived or, where that was retried alone, retried next.
        for (const code of ['broken', ...graph.map(() => 'dependency_failed')]) {
          for (const { taskId: id } of (await world.newest()).filter(({ failure }) => failure?.code === code))
            await world.retry(id, true)
          await world.work(new Set())
        }
        expect(world.wrong).toEqual([])
        const newest = await world.newest()
        expect(newest.filter(({ status }) => status !== 'completed')).toEqual([])
        expect(await world.node.service.swarm.monitor()).toMatchObject({ openTasks: 0, queueDepth: 0 })
      }),
      { numRuns: 60 },
    )
  }, 120_000)
})
