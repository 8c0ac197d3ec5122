import { type Tally, tally } from '../../consensus/tally.ts'
import type { ProposalRecord } from './proposal-record.ts'

/** What the ballots of a proposal add up to so far. Only a certificate decides. */
export function tallyOf({ proposal, electorate, electorateHash, ballots }: ProposalRecord): Tally {
  const byId = new Map(electorate.map((voter) => [voter.agentId, voter]))
  const totalWeight = electorate.reduce((sum, { weight }) => sum + weight, 0)
  return tally(proposal, { voters: electorate, byId, totalWeight, hash: electorateHash }, ballots)
}
