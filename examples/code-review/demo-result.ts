import type { FleetAgent } from './agent-fleet.ts'
import type { Kill } from './kill-one.ts'
import { type DurationQuantiles, quantiles } from './quantiles.ts'
import type { RankedFinding } from './review/rank.ts'
import type { ReviewReport } from './review/summary.ts'
import type { Handover, RunLedger, TaskStory } from './run-ledger.ts'
import type { FindingDecision } from './vote-on-findings.ts'

export interface AgentSummary {
  readonly agentId: string
  readonly pid: number
  readonly capabilities: readonly string[]
  readonly completed: number
  readonly completedByType: Readonly<Record<string, number>>
  /** The run times of what it completed; with two slots they may overlap. */
  readonly runMs: number
  readonly wasKilled: boolean
  /** Told to lie when it votes. */
  readonly isLiar: boolean
}

/** A task that went on to another agent, and the file it is about. */
export interface Takeover extends Handover {
  readonly path?: string
}

export interface TypeTiming {
  readonly type: string
  readonly count: number
  readonly wait: DurationQuantiles
  readonly run: DurationQuantiles
}

/** What `npm run demo -- --json` prints. */
export interface DemoResult {
  /** The folder that was reviewed. */
  readonly path: string
  /** The outcomes sum up to `submitted`; `failed` is without `deadLetter`. */
  readonly tasks: Readonly<Record<'submitted' | 'completed' | 'failed' | 'canceled' | 'deadLetter', number>>
  readonly agents: readonly AgentSummary[]
  /** Worst first. */
  readonly findings: readonly RankedFinding[]
  /** Absent where the report was not completed. */
  readonly summary?: Omit<ReviewReport, 'findings'>
  /** Files left out because the tree has too many. */
  readonly filesOmitted: number
  readonly timing: {
    /** From start to report, processes started and stopped included. */
    readonly wallMs: number
    readonly serverReadyMs: number
    /** From the first submitted task to the last finished one. */
    readonly workMs: number
    readonly wait: DurationQuantiles
    readonly run: DurationQuantiles
    readonly byType: readonly TypeTiming[]
  }
  /** What the reviewers decided together about the worst findings. */
  readonly decisions: readonly FindingDecision[]
  readonly attemptsRepeated: number
  readonly takeovers: readonly Takeover[]
  /** Only with `--kill-one`; null where no agent could be caught at work. */
  readonly killed?: Kill | null
}

export interface DemoFacts {
  readonly path: string
  readonly filesOmitted: number
  readonly agents: readonly FleetAgent[]
  readonly ledger: RunLedger
  readonly paths: ReadonlyMap<string, string>
  readonly report: ReviewReport | undefined
  readonly killed: Kill | null | undefined
  readonly wallMs: number
  readonly serverReadyMs: number
  readonly workMs: number
  readonly decisions: readonly FindingDecision[]
}

export function demoResult(facts: DemoFacts): DemoResult {
  const { ledger, report, killed } = facts
  const { stories } = ledger
  return {
    path: facts.path,
    tasks: ledger.countOutcomes(),
    agents: facts.agents.map((agent) => summariseAgent(agent, stories, killed)),
    findings: report?.findings ?? [],
    ...(report === undefined ? {} : { summary: withoutFindings(report) }),
    filesOmitted: facts.filesOmitted,
    timing: {
      wallMs: Math.round(facts.wallMs),
      serverReadyMs: Math.round(facts.serverReadyMs),
      workMs: Math.round(facts.workMs),
      wait: waitsOf(stories),
      run: runsOf(stories),
      byType: timingByType(stories),
    },
    decisions: facts.decisions,
    attemptsRepeated: ledger.repeatedCount,
    takeovers: ledger.handovers.map((handover) => withPath(handover, facts.paths)),
    ...(killed === undefined ? {} : { killed }),
  }
}

function withPath(handover: Handover, paths: ReadonlyMap<string, string>): Takeover {
  const path = paths.get(handover.taskId)
  return path === undefined ? handover : { ...handover, path }
}

function summariseAgent(
  { agentId, pid, capabilities, lie }: FleetAgent,
  stories: readonly TaskStory[],
  killed: Kill | null | undefined,
): AgentSummary {
  const own = stories.filter((story) => story.outcome === 'completed' && story.agentIds.at(-1) === agentId)
  const completedByType: Record<string, number> = {}
  for (const { type } of own) completedByType[type] = (completedByType[type] ?? 0) + 1
  return {
    agentId,
    pid,
    capabilities,
    completed: own.length,
    completedByType,
    runMs: own.reduce((sum, { runMs = 0 }) => sum + runMs, 0),
    wasKilled: killed?.agentId === agentId,
    isLiar: lie !== undefined,
  }
}

function timingByType(stories: readonly TaskStory[]): readonly TypeTiming[] {
  const types = [...new Set(stories.map(({ type }) => type))]
  return types.map((type) => {
    const ofType = stories.filter((story) => story.type === type)
    return { type, count: ofType.length, wait: waitsOf(ofType), run: runsOf(ofType) }
  })
}

function waitsOf(stories: readonly TaskStory[]): DurationQuantiles {
  return quantiles(stories.flatMap(({ waitsMs }) => waitsMs))
}

function runsOf(stories: readonly TaskStory[]): DurationQuantiles {
  return quantiles(stories.flatMap(({ runMs }) => (runMs === undefined ? [] : [runMs])))
}

function withoutFindings({ findings: _findings, ...summary }: ReviewReport): Omit<ReviewReport, 'findings'> {
  return summary
}
