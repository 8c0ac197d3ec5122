import type { Observation, WorkedTogetherObservation } from '../observation.ts'
import {
  AGENTS_NAMED_MAX,
  type Detector,
  EVIDENCE_MAX,
  FALSE_ALARMS_PER_WINDOW,
  type Judgement,
} from '../pattern.ts'
import { binomialUpperTail } from '../statistics/tail-probabilities.ts'
import { groupBy, RecentMap, tally } from '../tally.ts'
import { communitiesOf } from './communities.ts'

const PAIRS_REMEMBERED_MAX = 5_000
const AGENTS_MIN = 4

/**
 * Clusters: agents fall into communities that work with each other more than with the rest.
 *
 * The first half of a window proposes communities (Louvain: Blondel et al., "Fast unfolding of communities in large
 * networks", 2008) and the second half judges them, so the search over partitions needs no correction. Null model: the
 * degree-preserving one of modularity (Newman and Girvan 2004): each agent keeps its number of ties and partners are
 * drawn in proportion to theirs; the ties within communities are then binomial. Two agents that meet again on the
 * same piece of work count once.
 *
 * Effect: ties within communities beyond chance, as a share of those that could be: (observed − expected) / (1 − expected).
 */
export class ClusterDetector implements Detector {
  readonly kind = 'clusters'
  readonly reads = ['worked_together'] as const
  readonly #half: number
  readonly #counted = new RecentMap<true>(PAIRS_REMEMBERED_MAX)
  #ties: WorkedTogetherObservation[] = []
  #firstHalf: readonly WorkedTogetherObservation[] | undefined

  /** @param window ties in a window, at least 40 */
  constructor(window = 400) {
    this.#half = Math.ceil(window / 2)
  }

  observe(observation: Observation): Judgement | undefined {
    if (observation.kind !== 'worked_together') return undefined
    const [a, b] = observation.agentIds
    const key = `${observation.workId} ${[a, b].toSorted().join(' ')}`
    if (a === b || this.#counted.has(key)) return undefined
    this.#counted.set(key, true)
    this.#ties.push(observation)
    if (this.#ties.length < this.#half) return undefined
    const ties = this.#ties
    this.#ties = []
    const judged = this.#firstHalf && judge(this.#firstHalf, ties)
    this.#firstHalf = ties
    return judged
  }
}

function judge(
  firstHalf: readonly WorkedTogetherObservation[],
  ties: readonly WorkedTogetherObservation[],
): Judgement {
  const communities = communitiesOf(firstHalf.map(({ agentIds }) => agentIds))
  // Only ties between agents that the first half knows can be judged.
  const known = ties.filter(({ agentIds }) => agentIds.every((agentId) => communities.has(agentId)))
  const within = known.filter(({ agentIds: [a, b] }) => communities.get(a) === communities.get(b))
  const degrees = tally(known.flatMap(({ agentIds }) => agentIds))
  const expected = chanceWithin(degrees, communities)
  if (degrees.size < AGENTS_MIN || expected >= 1) return { found: [] }
  const pValue = binomialUpperTail(within.length, known.length, expected)
  if (pValue >= FALSE_ALARMS_PER_WINDOW) return { found: [] }
  // Only the test must not see the same ties twice; both halves together place the agents better.
  const placed = communitiesOf([...firstHalf, ...ties].map(({ agentIds }) => agentIds))
  const groups = [...groupBy(placed.keys(), (agentId) => placed.get(agentId) ?? -1).values()]
    .filter((members) => members.length > 1)
    .toSorted((a, b) => b.length - a.length)
  return {
    found: [
      {
        kind: 'clusters',
        key: 'swarm',
        agentIds: groups.flat().slice(0, AGENTS_NAMED_MAX),
        evidence: within.slice(-EVIDENCE_MAX).map(({ sequence }) => sequence),
        taskIds: [],
        groups: groups.map((agentIds, index) => ({
          label: `community ${index + 1}`,
          agentIds: agentIds.slice(0, AGENTS_NAMED_MAX),
        })),
        pValue,
        effect: (within.length / known.length - expected) / (1 - expected),
        at: ties.at(-1)?.at ?? 0,
      },
    ],
  }
}

/** Chance that a tie between two different agents, drawn by degrees, falls within a community. */
function chanceWithin(
  degrees: ReadonlyMap<string, number>,
  communities: ReadonlyMap<string, number>,
): number {
  const byCommunity = new Map<number, number>()
  let total = 0
  let squares = 0
  for (const [agentId, degree] of degrees) {
    const community = communities.get(agentId) ?? -1
    byCommunity.set(community, (byCommunity.get(community) ?? 0) + degree)
    total += degree
    squares += degree * degree
  }
  const same = [...byCommunity.values()].reduce((sum, degree) => sum + degree * degree, 0)
  const different = total * total - squares
  return different <= 0 ? 1 : (same - squares) / different
}
