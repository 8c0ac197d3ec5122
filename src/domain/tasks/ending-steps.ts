import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import type { BudgetAmounts, BudgetRecord } from '../model/budget-record.ts'
import type { EpochMs, TaskId } from '../model/ids.ts'
import type { TaskLease, TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordKey, StoredRecord } from '../ports/records.ts'
import type { Step } from '../ports/swarm-store.ts'
import { type AdmissionLedger, putBudget } from '../resources/admission/admission-ledger.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { taskKey } from './task-writer.ts'

export interface EndingStepsModules {
  readonly journal: SwarmJournal
  readonly leases: LeaseKeeper
  readonly ledger: AdmissionLedger
  readonly clock: Clock
}

/** What a step that may end a lease answers: the task as it stands after it. */
interface Ending {
  readonly task: TaskRecord | undefined
}

export interface EndingStep<T extends Ending> {
  readonly taskId: TaskId
  /** Read beside the task's own record. */
  readonly reads: readonly RecordKey[]
  /** What the agent says that the attempt used; undefined where it said nothing. */
  readonly used?: BudgetAmounts | undefined
  decide(before: TaskRecord | undefined, reads: readonly (StoredRecord | undefined)[]): Step<T>
}

type Outcome<T> =
  | { readonly isDone: true; readonly result: T; readonly budgets: readonly BudgetRecord[] }
  | { readonly isDone: false; readonly lease: TaskLease | undefined }

/** Steps that may end a task's lease: what the lease has reserved from budgets is settled in the same step. */
export class EndingSteps {
  readonly #modules: EndingStepsModules

  constructor(modules: EndingStepsModules) {
    this.#modules = modules
  }

  /** As `SwarmJournal.transact`, on one task and what else the step reads. */
  async transact<T extends Ending>({ taskId, reads, used, decide }: EndingStep<T>): Promise<T> {
    const { journal, leases, ledger } = this.#modules
    let lease = leases.leaseOf(taskId)
    for (;;) {
      const keys: readonly RecordKey[] = [taskKey(taskId), ...reads, ...ledger.endKeys(lease)]
      const read = lease
      const outcome = await journal.transact(keys, ([stored, ...others]): Step<Outcome<T>> => {
        const before = stored?.value as TaskRecord | undefined
        // A lease of which memory does not know: the store did not answer when it was written.
        if (!isCovered(before?.lease, read)) return unchanged({ isDone: false, lease: before?.lease })
        const step = decide(before, others.slice(0, reads.length))
        const budgets = others.slice(reads.length) as readonly (StoredRecord<BudgetRecord> | undefined)[]
        const settled =
          before === undefined || !endsLease(before, step)
            ? []
            : this.#settle(before, step.result, budgets, used)
        const writes = [...step.writes, ...settled.map(putBudget)]
        return { ...step, writes, result: { isDone: true, result: step.result, budgets: settled } }
      })
      if (outcome.isDone) {
        ledger.know(outcome.budgets)
        return outcome.result
      }
      lease = outcome.lease
    }
  }

  #settle(
    before: TaskRecord,
    { task }: Ending,
    budgets: readonly (StoredRecord<BudgetRecord> | undefined)[],
    used: BudgetAmounts | undefined,
  ): readonly BudgetRecord[] {
    if (budgets.length === 0) return []
    const now = this.#modules.clock.now()
    return this.#modules.ledger.end(before, usedBy(before, task, used, now), budgets, now)
  }
}

function isCovered(lease: TaskLease | undefined, read: TaskLease | undefined): boolean {
  const targets = new Set(read?.charges?.map(({ target }) => target))
  return (lease?.charges ?? []).every(({ target }) => targets.has(target))
}

function endsLease<T extends Ending>(before: TaskRecord, { result, writes }: Step<T>): boolean {
  if (before.lease === undefined || writes.length === 0) return false
  return result.task?.lease?.fencingToken !== before.lease.fencingToken
}

/** Nothing where no agent had received the task; time as it was measured; the rest as reported, or as reserved. */
function usedBy(
  { lease, assignedAt = 0 as EpochMs }: TaskRecord,
  after: TaskRecord | undefined,
  used: BudgetAmounts | undefined,
  now: EpochMs,
): BudgetAmounts {
  if (after?.attempts.at(-1)?.outcome === 'undelivered') return {}
  const [charge] = lease?.charges ?? []
  return { ...charge?.amounts, ...used, seconds: Math.max(0, now - assignedAt) / 1_000 }
}
