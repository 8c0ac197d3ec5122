import type { AgentId, TaskId } from '#domain/model/ids.ts'
import type { AgentShape } from './simulated-agents.ts'
import type { WorkloadTask } from './workload.ts'

/** One task from arrival to end; times in milliseconds after the start of the workload. */
export interface TaskRun extends WorkloadTask {
  readonly taskId: TaskId
  readonly agent: AgentId
  readonly startMs: number
  readonly endMs: number
  readonly setupPaidMs: number
  readonly isStolen: boolean
}

/** What a strategy made of a workload; durations in milliseconds. */
export interface DistributionReport {
  readonly tasks: number
  readonly meanWaitMs: number
  readonly p50WaitMs: number
  readonly p99WaitMs: number
  readonly meanResponseMs: number
  /** From the first arrival to the last end. */
  readonly makespanMs: number
  /** No schedule of these tasks on these agents ends earlier. */
  readonly lowerBoundMs: number
  /** Busy slot time / (slots × makespan), 0 to 1. */
  readonly utilisation: number
  readonly stolen: number
  readonly setups: number
}

type RunTimes = Pick<TaskRun, 'arrivalMs' | 'workMs' | 'startMs' | 'endMs' | 'isStolen' | 'setupPaidMs'>

export function reportOf(runs: readonly RunTimes[], agents: readonly AgentShape[]): DistributionReport {
  const waits = runs.map(({ startMs, arrivalMs }) => startMs - arrivalMs).toSorted((a, b) => a - b)
  const firstMs = least(runs.map(({ arrivalMs }) => arrivalMs))
  const makespanMs = runs.reduce((last, { endMs }) => Math.max(last, endMs), firstMs) - firstMs
  const slots = agents.reduce((sum, agent) => sum + agent.slots, 0)
  const busyMs = runs.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  return {
    tasks: runs.length,
    meanWaitMs: mean(waits),
    p50WaitMs: quantile(waits, 0.5),
    p99WaitMs: quantile(waits, 0.99),
    meanResponseMs: mean(runs.map(({ endMs, arrivalMs }) => endMs - arrivalMs)),
    makespanMs,
    lowerBoundMs: lowerBoundMs(runs, agents),
    utilisation: makespanMs === 0 ? 0 : busyMs / (slots * makespanMs),
    stolen: runs.filter(({ isStolen }) => isStolen).length,
    setups: runs.filter(({ setupPaidMs }) => setupPaidMs > 0).length,
  }
}

/** All work at full capacity after each arrival, and the longest task on the fastest agent. */
function lowerBoundMs(
  runs: readonly Pick<RunTimes, 'arrivalMs' | 'workMs'>[],
  agents: readonly AgentShape[],
): number {
  const capacity = agents.reduce((sum, { speed, slots }) => sum + speed * slots, 0)
  const fastest = agents.reduce((max, { speed }) => Math.max(max, speed), 0)
  const firstMs = least(runs.map(({ arrivalMs }) => arrivalMs))
  let remainingMs = 0
  let boundMs = 0
  for (const { arrivalMs, workMs } of runs.toSorted((a, b) => b.arrivalMs - a.arrivalMs)) {
    remainingMs += workMs
    boundMs = Math.max(
      boundMs,
      arrivalMs - firstMs + remainingMs / capacity,
      arrivalMs - firstMs + workMs / fastest,
    )
  }
  return boundMs
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Of sorted values. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

function least(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((min, value) => Math.min(min, value))
}
