import type { SignatureVerifier } from '../../consensus/ports/signature-verifier.ts'
import { compareLeadership, type Leadership } from '../../consensus/raft/term.ts'
import {
  type ElectionPlace,
  type VoteCertificate,
  voteCertificateDefect,
} from '../../consensus/raft/vote-certificate.ts'
import type { AgentId } from '../../model/ids.ts'
import type { StatementFate } from '../voters/consensus-meter.ts'
import type { VotersLine } from '../voters/voters-line.ts'
import type { ElectionLedger } from './election-ledger.ts'
import type { HostedRaft } from './hosted-raft.ts'
import type { VoteWatch } from './vote-watch.ts'
import type { VoterRoll } from './voter-roll.ts'

export interface LeadershipWatchOptions {
  readonly place: ElectionPlace
}

export interface LeadershipWatchModules {
  readonly ledger: ElectionLedger
  readonly roll: VoterRoll
  readonly hosted: HostedRaft
  readonly votes: VoteWatch
  readonly line: VotersLine
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
    const { ledger, roll } = this.#modules
    const { epoch, leadership } = ledger.record
    const { leaderId } = leadership
    return leaderId !== null && leadership.epoch === epoch && roll.isHere(leaderId) ? leaderId : undefined
  }

  /** An agent shows that it was elected. @returns what became of it */
  claim(certificate: VoteCertificate): StatementFate {
    const { ledger, roll, verifier, votes } = this.#modules
    const { epoch, term, leaderId, voters } = certificate
    const { record } = ledger
    const order = compareLeadership(certificate, record.leadership)
    // One of its own term is news where its leader was believed lost: then it was merely away for a moment.
    if (order < 0 || (order === 0 && record.leadership.leaderId !== null)) return 'duplicate'
    if (epoch !== record.epoch || !roll.isInStanding(leaderId)) return 'unproven'
    const members = roll.membersBy(voters, record.voters)
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
    const { ledger, onChange } = this.#modules
    await ledger.resign(leaderId, resigned)
    onChange()
  }

  /** An agent left, or was cut off. The voters need not wait for a silence to last, whether it led or was about to. */
  gone(agentId: AgentId): void {
    const { ledger, roll, hosted, line } = this.#modules
    const { leadership, voters } = ledger.record
    const { leaderId } = leadership
    const mayHaveLed = leaderId === null ? roll.keyOf(agentId) !== undefined : leaderId === agentId
    if (!mayHaveLed) return
    hosted.unseat(agentId)
    line.tell(
      voters.map((voter) => voter.agentId),
      { kind: 'leader_gone', leaderId: agentId },
    )
    hosted.leaderGone(agentId)
    if (leaderId === agentId) void this.lose()
  }

  /** Nobody leads until another shows its votes. */
  async lose(): Promise<void> {
    const { ledger, onChange } = this.#modules
    const { leaderId } = ledger.record.leadership
    if (leaderId === null) return
    await ledger.lose(leaderId)
    onChange()
  }

  async #elect(certificate: VoteCertificate): Promise<void> {
    const { ledger, roll, onChange } = this.#modules
    const { leaderId } = certificate
    await ledger.elect(certificate)
    onChange()
    // It may have gone while that was written.
    if (ledger.record.leadership.leaderId === leaderId && !roll.isHere(leaderId)) this.gone(leaderId)
  }
}
