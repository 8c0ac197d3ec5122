/** One task of the workload of set-up costs. */
export interface ShopTask {
  readonly atS: number
  readonly kind: string
  readonly workS: number
  readonly setUpS: number
}

/** What became of a task. */
export interface ShopRun {
  readonly task: ShopTask
  readonly agent: number
  readonly startS: number
  readonly endS: number
  readonly hadSetUp: boolean
}

export interface ShopFigures {
  readonly setUps: number
  readonly meanS: number
  readonly p99S: number
  /** (max − min) / mean of the agents' busy time. */
  readonly range: number
}

/** The figures of a run, its tasks in the order of their arrival; response without the first 5 %. */
export function figuresOf(runs: readonly ShopRun[], agents: number): ShopFigures {
  const responses = runs.slice(Math.floor(runs.length * 0.05)).map(({ task, endS }) => endS - task.atS)
  const sorted = responses.toSorted((a, b) => a - b)
  const busy = new Float64Array(agents)
  for (const { agent, task, hadSetUp } of runs)
    busy[agent] = (busy[agent] ?? 0) + task.workS + (hadSetUp ? task.setUpS : 0)
  const meanBusy = busy.reduce((a, b) => a + b, 0) / agents
  return {
    setUps: setUpsOf(runs),
    meanS: responses.reduce((a, b) => a + b, 0) / responses.length,
    p99S: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    range: (Math.max(...busy) - Math.min(...busy)) / meanBusy,
  }
}

export function setUpsOf(runs: readonly ShopRun[]): number {
  return runs.filter(({ hadSetUp }) => hadSetUp).length / runs.length
}
