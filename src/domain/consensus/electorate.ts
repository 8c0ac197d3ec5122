import { assert } from '../model/errors.ts'
import { type Hash, hexToBytes, type PublicKey } from '../model/hex.ts'
import type { AgentId } from '../model/ids.ts'
import { ByteWriter } from './byte-writer.ts'
import type { Hasher } from './ports/hasher.ts'
import { publicKeyDefect } from './public-key.ts'

/** More voters than this do not fit one agreement: use a committee. */
export const VOTERS_MAX = 50
export const VOTER_WEIGHT_MAX = 1_000_000

/** Who holds a voter's private key: the agent itself, or the hub for an agent that has none. */
export type Custody = 'self' | 'hub'

export interface Voter {
  readonly agentId: AgentId
  readonly publicKey: PublicKey
  /** A whole number, 1 to {@link VOTER_WEIGHT_MAX}. */
  readonly weight: number
  readonly custody: Custody
}

/** Who may vote on one proposal, with which key and weight; frozen when it is put, and hashed into every signature. */
export interface Electorate {
  /** In the order of their ids. */
  readonly voters: readonly Voter[]
  readonly byId: ReadonlyMap<AgentId, Voter>
  readonly totalWeight: number
  /** What a verifier has to trust: that these are the voters, by these keys, with these weights. */
  readonly hash: Hash
}

/** Of the members of an electorate or a committee, in their order. */
export function idsOf(members: readonly { readonly agentId: AgentId }[]): AgentId[] {
  return members.map(({ agentId }) => agentId)
}

/** Voters in any order that have no {@link electorateDefect}. */
export function createElectorate(voters: readonly Voter[], hasher: Hasher): Electorate {
  const sorted = voters.toSorted(byAgentId)
  const defect = electorateDefect(sorted)
  assert(defect === undefined, `the electorate is sound: ${defect}`)
  return {
    voters: sorted,
    byId: new Map(sorted.map((voter) => [voter.agentId, voter])),
    totalWeight: sorted.reduce((sum, { weight }) => sum + weight, 0),
    hash: hasher.sha256(electorateBytes(sorted)),
  }
}

/** Why these voters, in the order of their ids, cannot vote together; undefined where they can. */
export function electorateDefect(voters: readonly Voter[]): string | undefined {
  if (voters.length === 0) return 'an electorate needs a voter'
  if (voters.length > VOTERS_MAX) return `an electorate has at most ${VOTERS_MAX} voters`
  const keys = new Set<PublicKey>()
  for (const [at, voter] of voters.entries()) {
    const previous = voters[at - 1]
    if (previous !== undefined && previous.agentId >= voter.agentId)
      return 'a voter stands in it twice or out of order'
    if (!Number.isInteger(voter.weight) || voter.weight < 1 || voter.weight > VOTER_WEIGHT_MAX) {
      return `a weight is a whole number from 1 to ${VOTER_WEIGHT_MAX}`
    }
    const keyDefect = publicKeyDefect(voter.publicKey)
    if (keyDefect !== undefined) return `a public key is ${keyDefect}`
    // One key under two names would be one voter with the say of two.
    if (keys.has(voter.publicKey)) return 'two voters share a key'
    keys.add(voter.publicKey)
  }
  return undefined
}

function electorateBytes(voters: readonly Voter[]): Uint8Array {
  const writer = new ByteWriter().text('amos-swarm/electorate/1').int(voters.length)
  for (const { agentId, publicKey, weight, custody } of voters) {
    writer.text(agentId).bytes(hexToBytes(publicKey)).int(weight).text(custody)
  }
  return writer.finish()
}

/** Ids are ASCII, so that the order of their characters is the order of their bytes. */
function byAgentId(a: Voter, b: Voter): number {
  if (a.agentId === b.agentId) return 0
  return a.agentId < b.agentId ? -1 : 1
}
