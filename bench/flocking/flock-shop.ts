import {
  type FlightCandidate,
  type FlightChoice,
  planFlight,
} from '#domain/intelligence/flocking/flight-plan.ts'
import type { Flock } from '#domain/intelligence/flocking/flock.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { Random } from '#domain/ports/random.ts'
import type { ShopRun, ShopTask } from './shop.ts'

interface Worker {
  readonly index: number
  readonly agentId: AgentId
  /** What it has really loaded. */
  loaded: string | undefined
  run: (ShopRun & { readonly wasPrepared: boolean }) | undefined
}

/** Waiting tasks that a plan looks at, as the live server does. */
const LOOK_AHEAD = 200

/** Called before each event, with the number of tasks that have arrived; for what changes half way. */
export type Watch = (
  arrived: number,
  workers: readonly { readonly loaded: string | undefined }[],
  atS: number,
) => void

/**
 * The shop under the live policy: waiting tasks stand in one line, and the plan is made anew at every arrival and end.
 * The flock hears that agents begin, and how long they took; never what a set-up costs.
 */
export function runFlock(
  {
    tasks,
    count,
    flock,
    random,
  }: { tasks: readonly ShopTask[]; count: number; flock: Flock; random: Random },
  watch: Watch = () => undefined,
): ShopRun[] {
  const workers = Array.from(
    { length: count },
    (_, index): Worker => ({ index, agentId: agentId(`agent-${index}`), loaded: undefined, run: undefined }),
  )
  const byId = new Map(workers.map((worker) => [worker.agentId, worker]))
  const runs = new Map<ShopTask, ShopRun>()
  let line: ShopTask[] = []
  let arrived = 0
  for (;;) {
    const next = tasks[arrived]
    const ending = nextToEnd(workers)
    if (next === undefined && ending === undefined && line.length === 0) break
    const nowS = Math.min(
      next?.atS ?? Number.POSITIVE_INFINITY,
      ending?.run?.endS ?? Number.POSITIVE_INFINITY,
    )
    watch(arrived, workers, nowS)
    if (ending?.run !== undefined && ending.run.endS <= nowS) finish(ending, ending.run)
    else if (next !== undefined) {
      arrived += 1
      line.push(next)
    }
    line = start(line, nowS)
  }
  return tasks.map((task) => runs.get(task)).filter((run) => run !== undefined)

  function finish(worker: Worker, run: ShopRun & { readonly wasPrepared: boolean }): void {
    worker.run = undefined
    runs.set(run.task, run)
    flock.learn({
      agentId: worker.agentId,
      kind: run.task.kind,
      hasSucceeded: true,
      durationMs: (run.endS - run.startS) * 1_000,
      wasPrepared: run.wasPrepared,
    })
  }

  function start(waiting: ShopTask[], nowS: number): ShopTask[] {
    if (waiting.length === 0 || workers.every(({ run }) => run !== undefined)) return waiting
    const candidates = workers.map((worker) => candidateOf(worker, nowS))
    const seen = waiting.slice(0, LOOK_AHEAD)
    const plan = planFlight(
      flock,
      seen.map(({ kind }) => ({ kind, candidates })),
      random,
    )
    return waiting.filter((task, index) => !begin(task, plan[index], nowS))
  }

  function begin(task: ShopTask, choice: FlightChoice | undefined, nowS: number): boolean {
    const worker = choice?.startsNow === true ? byId.get(choice.agentId) : undefined
    if (worker === undefined) return false
    const hadSetUp = worker.loaded !== task.kind
    const endS = nowS + task.workS + (hadSetUp ? task.setUpS : 0)
    const wasPrepared = flock.began({ agentId: worker.agentId, kind: task.kind, slots: 1 })
    worker.loaded = task.kind
    worker.run = { task, agent: worker.index, startS: nowS, endS, hadSetUp, wasPrepared }
    return true
  }
}

function nextToEnd(workers: readonly Worker[]): Worker | undefined {
  let first: Worker | undefined
  for (const worker of workers) {
    if (worker.run === undefined) continue
    if (first?.run === undefined || worker.run.endS < first.run.endS) first = worker
  }
  return first
}

function candidateOf({ agentId, run }: Worker, nowS: number): FlightCandidate {
  const active =
    run === undefined
      ? []
      : [{ kind: run.task.kind, elapsedMs: (nowS - run.startS) * 1_000, wasPrepared: run.wasPrepared }]
  return { agentId, slots: 1, active, hasRoom: run === undefined }
}
