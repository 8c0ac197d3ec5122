import { createElectorate } from '../../consensus/electorate.ts'
import { createInstance, type DecisionInstance } from '../../consensus/instance.ts'
import type { Hasher } from '../../consensus/ports/hasher.ts'
import { type Scope, type SwarmId, splitScope } from '../../model/ids.ts'
import type { ProposalRecord } from './proposal-record.ts'

/** The agreement on a proposal of the swarm that `scope` names, as its voters sign it. */
export function instanceOnRecord(
  { proposalId, proposal, electorate }: ProposalRecord,
  scope: Scope,
  hasher: Hasher,
): DecisionInstance {
  const { tenant, swarm } = splitScope(scope)
  const place = { tenantId: tenant, swarmId: swarm as SwarmId, proposalId }
  return createInstance(place, proposal, createElectorate(electorate, hasher), hasher)
}
