/** One task of a workload, as a trace or a generator gives it. */
export interface WorkloadTask {
  /** After the start of the workload, in milliseconds. */
  readonly arrivalMs: number
  /** What it takes on an agent of speed 1, in milliseconds. */
  readonly workMs: number
  readonly type: string
  /** What an agent that has not loaded `setupKey` pays first, in milliseconds; no setup where left out. */
  readonly setupMs?: number
  readonly setupKey?: string
  readonly affinityKey?: string
  readonly priority?: number
}

/** The same tasks at another load: arrivals are stretched so that work / (capacity × span) is `load`. */
export function atLoad(
  tasks: readonly WorkloadTask[],
  load: number,
  capacity: number,
): readonly WorkloadTask[] {
  const first = tasks[0]?.arrivalMs ?? 0
  const span = (tasks.at(-1)?.arrivalMs ?? 0) - first
  const workMs = tasks.reduce((sum, task) => sum + task.workMs, 0)
  const factor = span === 0 ? 0 : workMs / (capacity * load) / span
  return tasks.map((task) => ({ ...task, arrivalMs: (task.arrivalMs - first) * factor }))
}

/** All at once. */
export function asBatch(tasks: readonly WorkloadTask[]): readonly WorkloadTask[] {
  return tasks.map((task) => ({ ...task, arrivalMs: 0 }))
}
