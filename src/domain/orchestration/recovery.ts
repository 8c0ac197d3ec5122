import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentState } from '../agents/agent-state.ts'
import { allRecords } from '../kernel/all-records.ts'
import { AGENT_RECORDS } from '../model/agent-record.ts'
import type { Scope, TaskId } from '../model/ids.ts'
import { TASK_RECORDS } from '../model/task-kinds.ts'
import { referencesOf, type TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import { type LeaseKeeper, usedMsOf } from '../tasks/lease-keeper.ts'
import type { OpenTasks } from '../tasks/open-tasks.ts'
import { admissionFactsOf, type RankOf, readyEntryOf } from '../tasks/task-machine.ts'

export interface RecoveryModules {
  readonly store: SwarmStore
  readonly registry: AgentRegistry
  readonly openTasks: OpenTasks
  readonly leases: LeaseKeeper
  readonly admission: AdmissionControl
  readonly clock: Clock
  readonly rankOf: RankOf
  /** Into the ready queue. */
  restore(entries: readonly ReadyEntry[]): Promise<void>
  onAgent(agent: AgentState): void
  onTask(task: TaskRecord): void
}

export interface Recovered {
  /** Blocked tasks whose dependencies have to be looked at. */
  readonly blocked: readonly TaskId[]
  /** Open tasks below a parent that is not open: canceling them may have been cut short. */
  readonly orphans: readonly { readonly taskId: TaskId; readonly parentTaskId: TaskId }[]
}

const PAGE = 2_000

/**
 * Rebuilds a coordinatorship's memory from the records: agents, open tasks, ready entries. Every open lease starts
 * afresh in full, since nobody timed it meanwhile; the time an attempt has used goes on from what was written.
 */
export async function recover(scope: Scope, modules: RecoveryModules): Promise<Recovered> {
  const { store, registry, onAgent } = modules
  for await (const { value } of allRecords(store, scope, AGENT_RECORDS)) onAgent(registry.adopt(value))
  const blocked: TaskId[] = []
  const children: { readonly taskId: TaskId; readonly parentTaskId: TaskId }[] = []
  const entries: ReadyEntry[] = []
  for await (const { value: task } of openTasksOf(scope, modules)) {
    adoptTask(task, modules)
    const { taskId, phase, spec } = task
    if (phase === 'blocked') blocked.push(taskId)
    if (spec.parentTaskId !== undefined) children.push({ taskId, parentTaskId: spec.parentTaskId })
    const entry = readyEntryOf(task, modules.rankOf)
    if (entry !== undefined) entries.push(entry)
    if (entries.length === PAGE) await modules.restore(entries.splice(0))
  }
  await modules.restore(entries)
  return { blocked, orphans: children.filter(({ parentTaskId }) => !modules.openTasks.has(parentTaskId)) }
}

/** Where a part of the index of open tasks is damaged, a second look finds those that it left out. */
async function* openTasksOf(
  scope: Scope,
  { store, openTasks }: RecoveryModules,
): AsyncGenerator<StoredRecord<TaskRecord>> {
  let isDamaged = false
  const onDamaged = (): void => {
    isDamaged = true
  }
  yield* allRecords(store, scope, TASK_RECORDS, { openOnly: true, onDamaged })
  if (!isDamaged) return
  for await (const record of allRecords(store, scope, TASK_RECORDS, { openOnly: true })) {
    if (!openTasks.has(record.value.taskId)) yield record
  }
}

function adoptTask(task: TaskRecord, modules: RecoveryModules): void {
  const { openTasks, leases, admission, registry, clock, onTask } = modules
  const { taskId, phase, spec, lease } = task
  const waitingFor = phase === 'blocked' ? spec.dependsOn : []
  openTasks.add({
    taskId,
    phase,
    readyAt: task.readyAt,
    parentTaskId: spec.parentTaskId,
    waitingFor,
    refersTo: referencesOf(task),
  })
  if (lease !== undefined) {
    leases.begin(taskId, lease, spec.timeoutMs, usedMsOf(task, clock.now()))
    admission.adopt(admissionFactsOf(task), lease.fencingToken)
    registry.find(lease.agentId)?.hold(taskId, spec.resources, lease.fencingToken)
  }
  onTask(task)
}
