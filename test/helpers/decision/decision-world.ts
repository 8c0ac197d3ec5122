import { compareBallots } from '#domain/consensus/ballot-box.ts'
import { valueIdOf } from '#domain/consensus/decision-value.ts'
import { type Custody, createElectorate } from '#domain/consensus/electorate.ts'
import { createInstance, type DecisionInstance } from '#domain/consensus/instance.ts'
import type { SignatureVerifier } from '#domain/consensus/ports/signature-verifier.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import { DEFAULT_THRESHOLD, type Proposal } from '#domain/consensus/proposal.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type {
  DecisionValue,
  Ending,
  SignedBallot,
  SignedMessage,
  SignedNomination,
  SignedVote,
  UnsignedMessage,
  ValueId,
} from '#domain/consensus/signed-messages.ts'
import { hash } from '#domain/model/hex.ts'
import { type AgentId, agentId, proposalId, swarmId, tenantId } from '#domain/model/ids.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'

export interface WorldSpec {
  /** One voter each, named v00, v01, …; the first of them proposes in round 0. */
  readonly weights?: readonly number[]
  readonly custodyOf?: (at: number) => Custody
  readonly proposal?: Partial<Proposal>
  readonly proposalId?: string
  readonly keyOf?: (name: string) => SigningKey
  readonly verifier?: SignatureVerifier
}

/** An instance, its voters' keys, and a pen for whatever any of them might sign, honest or not. */
export class DecisionWorld {
  readonly instance: DecisionInstance
  readonly verifier: SignatureVerifier
  readonly hasher = sha256Hasher
  readonly voters: readonly AgentId[]
  readonly #keys: ReadonlyMap<AgentId, SigningKey>

  constructor(spec: WorldSpec = {}) {
    const { weights = [1, 1, 1, 1], keyOf = toyKey, custodyOf = () => 'self' } = spec
    this.voters = weights.map((_, at) => voterName(at))
    this.#keys = new Map(this.voters.map((voter) => [voter, keyOf(voter)]))
    this.verifier = spec.verifier ?? toyVerifier
    const members = this.voters.map((voter, at) => ({
      agentId: voter,
      publicKey: this.key(voter).publicKey,
      weight: weights[at] ?? 1,
      custody: custodyOf(at),
    }))
    const place = {
      tenantId: tenantId('acme'),
      swarmId: swarmId('default'),
      proposalId: proposalId(spec.proposalId ?? 'merge-42'),
    }
    const proposal = { ...sampleProposal(this.voter(0)), ...spec.proposal }
    this.instance = createInstance(place, proposal, createElectorate(members, sha256Hasher), sha256Hasher)
  }

  voter(at: number): AgentId {
    const found = this.voters[at]
    if (found === undefined) throw new RangeError(`there is no voter ${at}`)
    return found
  }

  key(voter: AgentId): SigningKey {
    const found = this.#keys.get(voter)
    if (found === undefined) throw new RangeError(`${voter} has no key`)
    return found
  }

  sign<M extends UnsignedMessage>(message: M): M & Pick<SignedMessage, 'signature'> {
    return { ...message, signature: this.key(message.voter).sign(signBytes(this.instance, message)) }
  }

  ballot(at: number, choice = 'approve', reason?: string): SignedBallot {
    const said = reason === undefined ? { choice } : { choice, reason }
    return this.sign({ kind: 'ballot', voter: this.voter(at), ...said })
  }

  /** A value of these ballots, in their canonical order. */
  value(ballots: readonly SignedBallot[], ending: Ending = 'tally'): DecisionValue {
    return { ending, ballots: ballots.toSorted(compareBallots) }
  }

  idOf(value: DecisionValue): ValueId {
    return valueIdOf(value, sha256Hasher)
  }

  prevote(at: number, round: number, value: DecisionValue | null, validRound = -1): SignedVote {
    const valueId = value === null ? null : this.idOf(value)
    return this.sign({ kind: 'prevote', voter: this.voter(at), round, validRound, valueId })
  }

  precommit(at: number, round: number, value: DecisionValue | null): SignedVote {
    const valueId = value === null ? null : this.idOf(value)
    return this.sign({ kind: 'precommit', voter: this.voter(at), round, validRound: -1, valueId })
  }

  /** By the proposer of the round. */
  nomination(
    round: number,
    value: DecisionValue,
    validRound = -1,
    polka: readonly SignedVote[] = [],
  ): SignedNomination {
    const voter = this.voter(round % this.voters.length)
    return this.sign({
      kind: 'nomination',
      voter,
      round,
      validRound,
      valueId: this.idOf(value),
      value,
      polka,
    })
  }

  /** The prevotes of some voters for one value in one round. */
  polka(voters: readonly number[], round: number, value: DecisionValue): SignedVote[] {
    return voters.map((at) => this.prevote(at, round, value))
  }

  /** A value of approvals by these voters; it is valid where they make up two thirds. */
  approvals(...voters: readonly number[]): DecisionValue {
    return this.value(voters.map((at) => this.ballot(at)))
  }
}

export function voterName(at: number): AgentId {
  return agentId(`v${String(at).padStart(2, '0')}`)
}

function sampleProposal(firstProposer: AgentId): Proposal {
  return {
    title: 'Merge change 42?',
    payloadHash: hash('5f'.repeat(32)),
    mode: 'approval',
    options: ['approve', 'reject'],
    threshold: DEFAULT_THRESHOLD,
    deadlineMs: 10_000,
    proposedBy: 'ci',
    firstProposer,
  }
}
