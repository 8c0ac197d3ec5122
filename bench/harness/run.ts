import { median } from './histogram.ts'
import type { Contender, Effort, Sample, Scenario, Session } from './scenario.ts'

export interface ScenarioResult {
  readonly scenario: Scenario
  readonly contenders: readonly ContenderResult[]
}

export type ContenderResult =
  | {
      readonly contender: Contender
      readonly status: 'measured'
      readonly figures: Readonly<Record<string, Figure>>
    }
  | { readonly contender: Contender; readonly status: 'absent' | 'failed'; readonly reason: string }

export interface Figure {
  /** Of all rounds. */
  readonly median: number
  readonly min: number
  readonly max: number
  /**
   * To the baseline: the median of the ratios within each round, so that what slows a whole round down does
   * not count. NaN when the baseline was not measured.
   */
  readonly ratio: number
}

interface Entry {
  readonly contender: Contender
  readonly samples: Sample[]
  session: Session | undefined
  problem: { readonly status: 'absent' | 'failed'; readonly reason: string } | undefined
}

/**
 * Opens all contenders, lets each warm up, and then measures them turn by turn, so that a noisy minute of
 * the machine falls on all of them. A contender that fails is reported and does not stop the others.
 */
export async function runScenario(
  scenario: Scenario,
  effort: Effort,
  onProgress: (step: string) => void,
): Promise<ScenarioResult> {
  const entries = scenario.contenders.map((contender): Entry => {
    const problem =
      contender.absence === undefined ? undefined : { status: 'absent' as const, reason: contender.absence }
    return { contender, samples: [], session: undefined, problem }
  })
  try {
    for (const entry of entries) {
      onProgress(`${scenario.name}: starting ${entry.contender.name}`)
      await attempt(entry, async () => {
        entry.session = await entry.contender.open(effort)
        await entry.session.round(effort)
      })
    }
    for (let round = 0; round < effort.rounds; round++) {
      onProgress(`${scenario.name}: round ${round + 1} of ${effort.rounds}`)
      for (const entry of rotated(entries, round)) {
        await attempt(entry, async () => {
          if (entry.session !== undefined) entry.samples.push(await entry.session.round(effort))
        })
      }
    }
  } finally {
    for (const { session } of entries) await session?.close()
  }
  return { scenario, contenders: summarise(scenario, entries) }
}

async function attempt(entry: Entry, step: () => Promise<void>): Promise<void> {
  if (entry.problem !== undefined) return
  try {
    await step()
  } catch (error) {
    entry.problem = { status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Nobody always goes first: who does, finds the processor cooler or its caches colder. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % Math.max(1, items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}

function summarise(scenario: Scenario, entries: readonly Entry[]): ContenderResult[] {
  const baseline = entries.find(({ contender, problem }) => contender.name === scenario.baseline && !problem)
  return entries.map(({ contender, samples, problem }) => {
    if (problem !== undefined) return { contender, ...problem }
    const figures = scenario.metrics.map(
      ({ name }) => [name, figure(name, samples, baseline?.samples ?? [])] as const,
    )
    return { contender, status: 'measured', figures: Object.fromEntries(figures) }
  })
}

function figure(metric: string, samples: readonly Sample[], baseline: readonly Sample[]): Figure {
  const valueOf = (sample: Sample | undefined): number => sample?.[metric] ?? Number.NaN
  const values = samples.map(valueOf)
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    ratio: median(values.map((value, round) => value / valueOf(baseline[round]))),
  }
}
