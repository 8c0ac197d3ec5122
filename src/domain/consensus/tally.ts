import type { AgentId } from '../model/ids.ts'
import type { Electorate } from './electorate.ts'
import { ABSTAIN, APPROVE, type Proposal } from './proposal.ts'
import type { SignedBallot } from './signed-messages.ts'

/**
 * `approved`: an option reached the threshold. `rejected`: none can reach it any more, whatever the missing voters say.
 * `inconclusive`: neither; it depends on who has not voted.
 */
export type Outcome =
  | { readonly verdict: 'approved'; readonly option: string }
  | { readonly verdict: 'rejected' }
  | { readonly verdict: 'inconclusive' }

/** Weights, all of them summing up to the total. */
export interface Tally {
  readonly totalWeight: number
  /** In the order of the proposal's options. */
  readonly options: readonly { readonly option: string; readonly weight: number }[]
  /** Of those who abstained, and of those who voted twice, differently. */
  readonly abstainWeight: number
  readonly missingWeight: number
  readonly outcome: Outcome
}

/** Counts sound ballots: of voters, for choices of the proposal, at most two by one voter and then different ones. */
export function tally(proposal: Proposal, electorate: Electorate, ballots: readonly SignedBallot[]): Tally {
  const choices = new Map<AgentId, string>()
  for (const { voter, choice } of ballots) choices.set(voter, choices.has(voter) ? ABSTAIN : choice)

  const weights = new Map<string, number>()
  for (const [voter, choice] of choices) {
    weights.set(choice, (weights.get(choice) ?? 0) + (electorate.byId.get(voter)?.weight ?? 0))
  }
  const { totalWeight } = electorate
  const options = proposal.options.map((option) => ({ option, weight: weights.get(option) ?? 0 }))
  const abstainWeight = weights.get(ABSTAIN) ?? 0
  const missingWeight = totalWeight - abstainWeight - options.reduce((sum, { weight }) => sum + weight, 0)

  // Cross-multiplied, so that no fraction is ever rounded: weight ≥ θW.
  const { numerator, denominator } = proposal.threshold
  const reachesThreshold = (weight: number) => weight * denominator >= numerator * totalWeight
  const electable = options.filter(({ option }) => proposal.mode === 'choice' || option === APPROVE)
  const winner = electable.find(({ weight }) => reachesThreshold(weight))
  // For an approval this is W − reject − abstain < θW.
  const isHopeless = electable.every(({ weight }) => !reachesThreshold(weight + missingWeight))
  return {
    totalWeight,
    options,
    abstainWeight,
    missingWeight,
    outcome: outcomeOf(winner?.option, isHopeless),
  }
}

function outcomeOf(winner: string | undefined, isHopeless: boolean): Outcome {
  if (winner !== undefined) return { verdict: 'approved', option: winner }
  return isHopeless ? { verdict: 'rejected' } : { verdict: 'inconclusive' }
}
