import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochMs, type TaskId, taskId } from '#domain/model/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { priorityRank } from '#domain/resources/priority-rank.ts'
import { PriorityScheduler } from '#domain/resources/priority-scheduler.ts'
import { sampleEntry } from '../helpers/sample-records.ts'

const AGING_MS = 60_000
const KINDS = ['review', 'rust', 'draw'] as const

/** A task's urgency after so much waiting, 1 the most urgent: what aging means, before any arithmetic is saved. */
function effectivePriority({ priority, submittedAt }: Submitted, now: number): number {
  return priority - (now - submittedAt) / AGING_MS
}

interface Submitted {
  readonly id: TaskId
  readonly priority: number
  readonly submittedAt: number
}

type Command =
  | {
      readonly type: 'add'
      readonly task: number
      readonly kind: number
      readonly priority: number
      readonly waitMs: number
    }
  | { readonly type: 'delete'; readonly task: number }
  | { readonly type: 'first'; readonly countMax: number; readonly kinds: readonly boolean[] }

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant('add' as const),
    task: fc.nat(30),
    kind: fc.nat(2),
    priority: fc.integer({ min: 1, max: 5 }),
    waitMs: fc.nat(90_000),
  }),
  fc.record({ type: fc.constant('delete' as const), task: fc.nat(30) }),
  fc.record({
    type: fc.constant('first' as const),
    countMax: fc.integer({ min: 1, max: 10 }),
    kinds: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  }),
)

/** The same as a scheduler, done the plain way: everything sorted anew at each question. */
class SortedList {
  readonly #scheduler = new PriorityScheduler()
  readonly #tasks = new Map<TaskId, Submitted & { readonly kind: string }>()
  readonly #laterMs: number
  #now = 0
  #added = 0

  /** @param laterMs looked at so much later, the order among those that wait is the same. */
  constructor(laterMs: number) {
    this.#laterMs = laterMs
  }

  /** What the scheduler answers to one command, and what it should. */
  run(command: Command): { readonly actual: unknown; readonly expected: unknown } {
    if (command.type === 'add') return this.#add(command)
    if (command.type === 'delete') return this.#delete(command)
    return this.#first(command)
  }

  #add({ task, kind, priority, waitMs }: Extract<Command, { type: 'add' }>) {
    this.#now += waitMs
    this.#added += 1
    const submitted = { id: taskId(`t${task}`), kind: KINDS[kind]!, priority, submittedAt: this.#now }
    this.#tasks.set(submitted.id, submitted)
    this.#scheduler.add(entryOf(submitted, this.#added))
    return { actual: this.#scheduler.size, expected: this.#tasks.size }
  }

  #delete({ task }: Extract<Command, { type: 'delete' }>) {
    const id = taskId(`t${task}`)
    return { actual: this.#scheduler.delete(id) !== undefined, expected: this.#tasks.delete(id) }
  }

  /** Equally urgent tasks may come in either order: compared are the priorities. */
  #first({ countMax, kinds }: Extract<Command, { type: 'first' }>) {
    const wanted = new Set<string>(KINDS.filter((_, index) => kinds[index]))
    const at = this.#now + this.#laterMs
    const inShort = (task: Submitted): string => effectivePriority(task, at).toFixed(6)
    const expected = [...this.#tasks.values()]
      .filter(({ kind }) => wanted.has(kind))
      .toSorted((a, b) => effectivePriority(a, at) - effectivePriority(b, at))
      .slice(0, countMax)
    const found = this.#scheduler.first(countMax, ({ capabilities }) => wanted.has(capabilities[0]!))
    const tasks = [...new Set(found.map((entry) => this.#tasks.get(entry.taskId)!))]
    return { actual: tasks.map(inShort), expected: expected.map(inShort) }
  }
}

describe('PriorityScheduler', () => {
  it('gives what a list sorted by effective priority gives, at any time', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), fc.nat(600_000), (commands, laterMs) => {
        const list = new SortedList(laterMs)
        for (const given of commands) {
          const { actual, expected } = list.run(given)
          expect(actual).toEqual(expected)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('starves nobody: however much urgent work comes, a task is next after its priority has aged away', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1_000, max: 20_000 }),
        (priority, everyMs) => {
          const scheduler = new PriorityScheduler()
          scheduler.add(entryOf({ id: taskId('old'), kind: 'review', priority, submittedAt: 0 }, 1))
          for (let now = 0, served = 0; ; now += everyMs, served += 1) {
            scheduler.add(
              entryOf({ id: taskId(`urgent-${served}`), kind: 'review', priority: 1, submittedAt: now }, 1),
            )
            const [next] = scheduler.first(1, () => true)
            if (next?.taskId === 'old') return
            scheduler.delete(next!.taskId)
            expect(now).toBeLessThanOrEqual((priority - 1) * AGING_MS + everyMs)
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

function entryOf(
  { id, kind, priority, submittedAt }: Submitted & { readonly kind: string },
  readyCount: number,
): ReadyEntry {
  const rank = priorityRank(epochMs(submittedAt), priority, AGING_MS)
  return sampleEntry(id, { readyCount, rank, readyAt: epochMs(submittedAt), capabilities: [kind] })
}
