import { assert } from '../model/errors.ts'
import { type Hash, hexToBytes } from '../model/hex.ts'
import { ByteWriter } from './byte-writer.ts'
import type { Electorate } from './electorate.ts'
import type { Hasher } from './ports/hasher.ts'
import { type Proposal, type ProposalPlace, proposalBytes, proposalDefect } from './proposal.ts'

/**
 * Tendermint's height. An instance decides one proposal, once, so there is only this one; it is signed all the same, so
 * that no signature of today fits a later protocol that decides one thing after another.
 */
export const HEIGHT = 1

/** One agreement: a proposal and who decides it. Every signature in it covers all of this. */
export interface DecisionInstance extends ProposalPlace {
  readonly proposal: Proposal
  readonly electorate: Electorate
  readonly proposalHash: Hash
  /** What every signature of the instance begins with, after its kind; see `sign-bytes.ts`. */
  readonly context: Uint8Array
}

export function createInstance(
  place: ProposalPlace,
  proposal: Proposal,
  electorate: Electorate,
  hasher: Hasher,
): DecisionInstance {
  const defect = proposalDefect(proposal)
  assert(defect === undefined, `the proposal is sound: ${defect}`)
  const { tenantId, swarmId, proposalId } = place
  const proposalHash = hasher.sha256(proposalBytes(place, proposal))
  const context = new ByteWriter()
    .text(tenantId)
    .text(swarmId)
    .text(proposalId)
    .int(HEIGHT)
    .bytes(hexToBytes(proposalHash))
    .bytes(hexToBytes(electorate.hash))
    .finish()
  return { tenantId, swarmId, proposalId, proposal, electorate, proposalHash, context }
}
