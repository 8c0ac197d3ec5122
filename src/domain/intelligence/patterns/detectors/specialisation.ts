import type { AssignedObservation, Observation } from '../observation.ts'
import {
  AGENTS_NAMED_MAX,
  type Detector,
  EVIDENCE_MAX,
  FALSE_ALARMS_PER_WINDOW,
  type Judgement,
  type PatternGroup,
} from '../pattern.ts'
import { SlidingWindow } from '../sliding-window.ts'
import {
  expectedCount,
  type IndependenceTest,
  sums,
  testIndependence,
  transpose,
} from '../statistics/contingency.ts'
import { momentMatchedUpperTail } from '../statistics/tail-probabilities.ts'
import { Categories, groupBy, POOLED } from '../tally.ts'

/** Types with fewer tasks in the window are judged together, and agents with fewer tasks too. */
const TYPE_COUNT_MIN = 5
const AGENT_COUNT_MIN = 3
/** An agent is named with a type where the adjusted residual of the cell exceeds this. */
const RESIDUAL_MIN = 2

interface Cell {
  readonly agentId: string
  readonly taskType: string
  readonly residual: number
}

/**
 * Specialisation: which agent gets a task depends on the type of the task.
 *
 * Null model: agent and type are independent given how many tasks each agent and each type has in the window, however
 * uneven. The test is X² of agent × type with exact conditional moments. An agent that can do one type only is
 * specialised too, by its capabilities.
 *
 * Effect: Cramér's V, corrected for its expectation under independence.
 */
export class SpecialisationDetector implements Detector {
  readonly kind = 'specialisation'
  readonly reads = ['assigned'] as const
  readonly #assignments: SlidingWindow<AssignedObservation>

  /** @param window assignments in a window, at least 20 */
  constructor(window = 250) {
    this.#assignments = new SlidingWindow(window, Math.ceil(window / 2))
  }

  observe(observation: Observation): Judgement | undefined {
    if (observation.kind !== 'assigned') return undefined
    const window = this.#assignments.add(observation)
    return window && judge(window)
  }
}

function judge(window: readonly AssignedObservation[]): Judgement {
  const agents = new Categories(
    window.map(({ agentId }) => agentId),
    AGENT_COUNT_MIN,
  )
  const types = new Categories(
    window.map(({ taskType }) => taskType),
    TYPE_COUNT_MIN,
  )
  const table = agents.names.map(() => types.names.map(() => 0))
  for (const { agentId, taskType } of window) {
    const row = table[agents.numberOf(agentId)] as number[]
    const column = types.numberOf(taskType)
    row[column] = (row[column] ?? 0) + 1
  }
  const test = testIndependence(table)
  if (test === undefined) return { found: [] }
  const pValue = momentMatchedUpperTail(test.statistic, test.mean, test.variance)
  const specialists = strongCells(table, agents, types)
  if (pValue >= FALSE_ALARMS_PER_WINDOW / 2 || specialists.length === 0) return { found: [] }
  const cells = new Set(specialists.map(({ agentId, taskType }) => `${agentId} ${taskType}`))
  const shown = window
    .filter(({ agentId, taskType }) => cells.has(`${agentId} ${taskType}`))
    .slice(-EVIDENCE_MAX)
  return {
    found: [
      {
        kind: 'specialisation',
        key: 'swarm',
        agentIds: [...new Set(specialists.map(({ agentId }) => agentId))].slice(0, AGENTS_NAMED_MAX),
        evidence: shown.map(({ sequence }) => sequence),
        taskIds: [],
        groups: groupsOf(specialists),
        pValue,
        effect: correctedCramer(test, table, window.length),
        at: window.at(-1)?.at ?? 0,
      },
    ],
  }
}

/** Cells that hold clearly more than their share (S. J. Haberman's adjusted residual), strongest first. */
function strongCells(table: readonly (readonly number[])[], agents: Categories, types: Categories): Cell[] {
  const rows = sums(table)
  const columns = sums(transpose(table))
  const total = rows.reduce((sum, count) => sum + count, 0)
  const cells: Cell[] = []
  for (const [i, agentId] of agents.names.entries()) {
    for (const [j, taskType] of types.names.entries()) {
      if (agentId === POOLED || taskType === POOLED) continue
      const expected = expectedCount(rows, columns, total, i, j)
      const spread = expected * (1 - (rows[i] ?? 0) / total) * (1 - (columns[j] ?? 0) / total)
      const residual = spread > 0 ? ((table[i]?.[j] ?? 0) - expected) / Math.sqrt(spread) : 0
      if (residual > RESIDUAL_MIN) cells.push({ agentId, taskType, residual })
    }
  }
  return cells.toSorted((a, b) => b.residual - a.residual)
}

function groupsOf(cells: readonly Cell[]): PatternGroup[] {
  return [...groupBy(cells, ({ taskType }) => taskType)].map(([label, ofType]) => ({
    label,
    agentIds: ofType.map(({ agentId }) => agentId).slice(0, AGENTS_NAMED_MAX),
  }))
}

function correctedCramer(
  test: IndependenceTest,
  table: readonly (readonly number[])[],
  total: number,
): number {
  const filled = (counts: readonly number[]) => counts.filter((count) => count > 0).length
  const dimension = Math.min(filled(sums(table)), filled(sums(transpose(table)))) - 1
  return Math.min(1, Math.sqrt(Math.max(0, test.statistic - test.mean) / (total * dimension)))
}
