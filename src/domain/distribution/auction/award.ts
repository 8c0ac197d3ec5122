import type { AgentId } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { solveAssignment } from './solve-assignment.ts'

/** What one agent asks for one task. */
export interface Offer {
  readonly candidate: Candidate
  readonly price: number
  /** The price by which offers are compared: it takes the reputation of the agent in. */
  readonly score: number
  readonly promiseMs?: number | undefined
}

export interface Lot {
  readonly entry: ReadyEntry
  /** Acceptable offers only. */
  readonly offers: readonly Offer[]
}

export interface Award {
  readonly entry: ReadyEntry
  readonly offer: Offer
  /** All offers for the task, the lowest score first. */
  readonly offers: readonly Offer[]
}

/** Most lots that are matched at once: bounds the time on the event loop to some milliseconds. */
export const LOTS_MAX = 64
const ARC_SCANS_MAX = 5_000_000

/**
 * Awards lots to agents so that as many as possible are awarded, at the least sum of scores: by the exact optimum, and one
 * after the other where that would take too long.
 */
export function award(lots: readonly Lot[]): readonly Award[] {
  // In an optimal matching of n rows each row has one of its n best columns.
  const ranked = lots.slice(0, LOTS_MAX).map(({ entry, offers }) => ({
    entry,
    offers: offers.toSorted(
      (a, b) => a.score - b.score || (a.candidate.agentId < b.candidate.agentId ? -1 : 1),
    ),
  }))
  const best = ranked.length === 1 ? oneByOne(ranked) : matched(ranked)
  return best ?? oneByOne(ranked)
}

function matched(lots: readonly Lot[]): readonly Award[] | undefined {
  const columns: AgentId[] = []
  const columnsOf = new Map<AgentId, readonly number[]>()
  const columnsFor = ({ agentId, freeSlots }: Candidate): readonly number[] => {
    const known = columnsOf.get(agentId)
    if (known !== undefined) return known
    const own = Array.from({ length: Math.min(freeSlots, lots.length) }, (_, index) => columns.length + index)
    columns.push(...own.map(() => agentId))
    columnsOf.set(agentId, own)
    return own
  }
  const arcs = lots.flatMap(({ offers }, row) =>
    offers
      .slice(0, lots.length)
      .flatMap(({ candidate, score }) =>
        columnsFor(candidate).map((column) => ({ row, column, cost: score })),
      ),
  )
  const problem = { rowCount: lots.length, columnCount: columns.length, arcs }
  const solution = solveAssignment(problem, { arcScansMax: ARC_SCANS_MAX })
  return solution?.columnOf.flatMap((column, row) => {
    const lot = lots[row]
    const offer = lot?.offers.find(({ candidate }) => candidate.agentId === columns[column])
    return lot === undefined || offer === undefined ? [] : [{ ...lot, offer }]
  })
}

function oneByOne(lots: readonly Lot[]): readonly Award[] {
  const taken = new Map<AgentId, number>()
  return lots.flatMap((lot) => {
    const offer = lot.offers.find(
      ({ candidate: { agentId, freeSlots } }) => (taken.get(agentId) ?? 0) < freeSlots,
    )
    if (offer === undefined) return []
    const { agentId } = offer.candidate
    taken.set(agentId, (taken.get(agentId) ?? 0) + 1)
    return [{ ...lot, offer }]
  })
}
