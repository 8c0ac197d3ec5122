import type {
  BallotCast,
  BallotList,
  DecisionView,
  LeaderView,
  ProposalInput,
  ProposalView,
} from '#contract/index.ts'
import type { OpaqueShape } from '#contract/json/opaque-shape.ts'
import { OPAQUE_IN, type PayloadText, type ProposalPageRead } from '../json/exact-texts.ts'
import type { HttpRequest } from './http-connection.ts'
import { randomKey } from './random-key.ts'
import type { CallOptions, PageOptions, ProposalFilter, WaitOptions } from './swarm-client-options.ts'
import { type EventSource, waitUntilOver } from './wait-until-over.ts'

export interface ConsensusClientModules extends EventSource {
  /** A call under the swarm's own path. */
  call<T>(request: HttpRequest): Promise<T>
}

/** What a swarm decides together, and who leads it: {@link SwarmClient.consensus}. */
export class ConsensusClient {
  readonly #modules: ConsensusClientModules

  constructor(modules: ConsensusClientModules) {
    this.#modules = modules
  }

  /** Puts something to the vote. Safe to repeat: each call makes up a `proposalId` where none is given. */
  propose(proposal: ProposalInput): Promise<ProposalView & PayloadText> {
    const proposalId = proposal.proposalId ?? randomKey()
    return this.#post('/proposals', { ...proposal, proposalId }, OPAQUE_IN.propose)
  }

  /** What is asked, who may vote, and the votes so far. */
  proposal(proposalId: string, options: CallOptions = {}): Promise<ProposalView & PayloadText> {
    return this.#get(pathOf(proposalId), options, OPAQUE_IN.getProposal)
  }

  /** In the order of their ids. */
  list(filter: ProposalFilter & PageOptions = {}): Promise<ProposalPageRead> {
    return this.#get('/proposals', filter, OPAQUE_IN.listProposals)
  }

  /** The signed votes that the server has seen; of a decided proposal those that count. */
  ballots(proposalId: string, options: CallOptions = {}): Promise<BallotList> {
    return this.#get(`${pathOf(proposalId)}/ballots`, options)
  }

  /** Votes for an agent that is on no channel: signed where it holds its own key, or by the server's key for it. */
  castBallot(proposalId: string, ballot: BallotCast): Promise<BallotList> {
    return this.#post(`${pathOf(proposalId)}/ballots`, ballot)
  }

  /** Takes the proposal back, unless its ballots have decided it already. */
  cancel(proposalId: string, reason?: string): Promise<ProposalView & PayloadText> {
    const body = reason === undefined ? {} : { reason }
    return this.#post(`${pathOf(proposalId)}/cancel`, body, OPAQUE_IN.cancelProposal)
  }

  /** The outcome with its certificate, for `verifyDecision`. */
  decision(proposalId: string, options: CallOptions = {}): Promise<DecisionView> {
    return this.#get(`${pathOf(proposalId)}/decision`, options)
  }

  /**
   * Waits until the proposal is decided, or nothing came of it; look at its `status`.
   *
   * @throws the signal's reason, or a `TimeoutError`, when it is given up first
   */
  waitForDecision(proposalId: string, options: WaitOptions = {}): Promise<DecisionView> {
    const decision = {
      subject: proposalId,
      types: ['amos.proposal.decided', 'amos.proposal.undecided'],
      read: (call: CallOptions) => this.decision(proposalId, call),
      isOver: ({ status }: DecisionView) => status !== 'open',
    }
    return waitUntilOver(this.#modules, decision, options)
  }

  /** Who leads the swarm, in which term, and by whose signed votes. */
  leader(options: CallOptions = {}): Promise<LeaderView> {
    return this.#get('/leader', options)
  }

  /** @param transferTo the leader is asked to hand over to this voter; otherwise the swarm begins to elect */
  startElection({ transferTo }: { readonly transferTo?: string } = {}): Promise<LeaderView> {
    return this.#post('/elections', transferTo === undefined ? {} : { transferTo })
  }

  #get<T>(path: string, { signal, ...query }: CallOptions, opaque?: OpaqueShape): Promise<T> {
    return this.#modules.call({ method: 'GET', path, query, signal, opaque })
  }

  #post<T>(path: string, body: unknown, opaque?: OpaqueShape): Promise<T> {
    return this.#modules.call({ method: 'POST', path, body, isRepeatable: true, opaque })
  }
}

function pathOf(proposalId: string): string {
  return `/proposals/${encodeURIComponent(proposalId)}`
}
