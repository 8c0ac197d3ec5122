import { assert } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'
import type { DecisionInstance } from '../instance.ts'

/**
 * The paper's proposer(h, round): the voters in turn, so that each comes up every n rounds, whoever fails. The first one
 * is named by the proposal, or drawn from its hash, which nobody could choose in advance.
 */
export function proposerOf({ proposal, proposalHash, electorate }: DecisionInstance, round: number): AgentId {
  const { voters } = electorate
  const named = voters.findIndex(({ agentId }) => agentId === proposal.firstProposer)
  const first = named === -1 ? Number.parseInt(proposalHash.slice(0, 8), 16) % voters.length : named
  const proposer = voters[(first + round) % voters.length]
  assert(proposer !== undefined, 'a round has a proposer')
  return proposer.agentId
}
