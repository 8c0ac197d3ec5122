import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** What a figure is worth nothing without. */
export interface Machine {
  readonly cores: number
  readonly cpuModel: string
  readonly memoryGiB: number
  readonly os: string
  readonly node: string
  /** Runnable processes, averaged over the last minute: above 0 before the bench, others are at work too. */
  readonly load: number
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    load: loadavg()[0] ?? Number.NaN,
  }
}
