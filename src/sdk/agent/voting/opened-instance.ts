import type { OpenedProposal } from '#domain/consensus/consensus-message.ts'
import { createElectorate } from '#domain/consensus/electorate.ts'
import { createInstance, type DecisionInstance } from '#domain/consensus/instance.ts'
import type { Hasher } from '#domain/consensus/ports/hasher.ts'
import { utf8 } from '#domain/consensus/utf8.ts'

/** Where the agent is; `tenantId` is undefined where it does not know it. */
export interface OwnPlace {
  readonly tenantId: string | undefined
  readonly swarmId: string
}

/**
 * The agreement that a hub opens, with everything in it that signatures cover.
 *
 * @throws Error where the hub says something that no voter can have been asked
 */
export function instanceOf(opened: OpenedProposal, own: OwnPlace, hasher: Hasher): DecisionInstance {
  const { tenantId, swarmId, proposalId, proposal, electorate, payload } = opened
  if (swarmId !== own.swarmId || tenantId !== (own.tenantId ?? tenantId))
    throw new RangeError(`the proposal ${proposalId} is of another swarm`)
  if (hasher.sha256(utf8(payload)) !== proposal.payloadHash)
    throw new RangeError(`the payload of the proposal ${proposalId} is not what its voters sign`)
  const place = { tenantId, swarmId, proposalId }
  return createInstance(place, proposal, createElectorate(electorate, hasher), hasher)
}
