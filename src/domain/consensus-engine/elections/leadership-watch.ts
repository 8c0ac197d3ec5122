import type { SignatureVerifier } from '../../consensus/ports/signature-verifier.ts'
import { compareLeadership, type Leadership } from '../../consensus/raft/term.ts'
import {
  type ElectionPlace,
  type VoteCertificate,
  voteCertificateDefect,
} from '../../consensus/raft/vote-certificate.ts'
import type { AgentId } from '../../model/ids.ts'
import type { StatementFate } from '../voters/consensus-meter.ts'
import type { VoterTransport } from '../voters/voter-transport.ts'
import type { ElectionRepository } from './election-repository.ts'
import type { HostedRaft } from './hosted-raft.ts'
import type { VoteWatch } from './vote-watch.ts'
import type { VoterRegistry } from './voter-registry.ts'

export interface LeadershipWatchOptions {
  readonly place: ElectionPlace
}

export interface LeadershipWatchModules {
  readonly repository: ElectionRepository
  readonly voterRegistry: VoterRegistry
  readonly hosted: HostedRaft
  readonly votes: VoteWatch
  readonly transport: VoterTransport
  readonly verifier: SignatureVerifier
  /** A leader was found or lost, and that is on record. */
  onChange(): void
}

/** Who leads, as far as it was proven to the hub. It believes nothing but the signed votes of a majority. */
export class LeadershipWatch {
  readonly #options: LeadershipWatchOptions
  readonly #modules: LeadershipWatchModules

  constructor(options: LeadershipWatchOptions, modules: LeadershipWatchModules) {
    this.#options = options
    this.#modules = modules
  }

  /** The leader of the present electorate, where it is connected; the hub can ask it for something. */
  get present(): AgentId | undefined {
    const { repository, voterRegistry } = this.#modules
    const { epoch, leadership } = repository.record
    const { leaderId } = leadership
    return leaderId !== null && leadership.epoch === epoch && voterRegistry.isHere(leaderId)
      ? leaderId
      : undefined
  }

  /** An agent shows that it was elected. @returns what became of it */
  claim(certificate: VoteCertificate): StatementFate {
    const { repository, voterRegistry, verifier, votes } = this.#modules
    const { epoch, term, leaderId, voters } = certificate
    const { record } = repository
    const order = compareLeadership(certificate, record.leadership)
    // One of its own term is news where its leader was believed lost: then it was merely away for a moment.
    if (order < 0 || (order === 0 && record.leadership.leaderId !== null)) return 'duplicate'
    if (epoch !== record.epoch || !voterRegistry.isInStanding(leaderId)) return 'unproven'
    const members = voterRegistry.membersBy(voters, record.voters)
    if (members === undefined) return 'unproven'
    const trusted = new Map(members.map(({ agentId, publicKey }) => [agentId, publicKey]))
    const defect = voteCertificateDefect(this.#options.place, certificate, trusted, verifier)
    if (defect !== undefined) return defect === 'signature_wrong' ? 'vote_forged' : 'unproven'
    const doubled = certificate.votes.filter(({ voter, signature }) =>
      votes.observe({ epoch, term, voter, candidate: leaderId, signature }),
    )
    if (doubled.length > 0) return 'vote_doubled'
    void this.#elect(certificate)
    return 'accepted'
  }

  /** A leader says itself that its time is over. */
  async resigned(leaderId: AgentId, resigned: Leadership): Promise<void> {
    const { repository, onChange } = this.#modules
    await repository.resign(leaderId, resigned)
    onChange()
  }

  /** An agent left, or was cut off. The voters need not wait for a silence to last, whether it led or was about to. */
  gone(agentId: AgentId): void {
    const { repository, voterRegistry, hosted, transport } = this.#modules
    const { leadership, voters } = repository.record
    const { leaderId } = leadership
    const mayHaveLed = leaderId === null ? voterRegistry.keyOf(agentId) !== undefined : leaderId === agentId
    if (!mayHaveLed) return
    hosted.unseat(agentId)
    transport.tell(
      voters.map((voter) => voter.agentId),
      { kind: 'leader_gone', leaderId: agentId },
    )
    hosted.leaderGone(agentId)
    if (leaderId === agentId) void this.lose()
  }

  /** Nobody leads until another shows its votes. */
  async lose(): Promise<void> {
    const { repository, onChange } = this.#modules
    const { leaderId } = repository.record.leadership
    if (leaderId === null) return
    await repository.lose(leaderId)
    onChange()
  }

  async #elect(certificate: VoteCertificate): Promise<void> {
    const { repository, voterRegistry, onChange } = this.#modules
    const { leaderId } = certificate
    await repository.elect(certificate)
    onChange()
    // It may have gone while that was written.
    if (repository.record.leadership.leaderId === leaderId && !voterRegistry.isHere(leaderId))
      this.gone(leaderId)
  }
}
