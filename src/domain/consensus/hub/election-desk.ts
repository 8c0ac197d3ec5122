import type { AgentId } from '../../ids.ts'
import type { ConsensusUtterance } from '../consensus-talk.ts'
import { electorateEpoch, term } from '../raft/term.ts'
import type { LeaderState } from './election-record.ts'

type ElectionUtterance = Exclude<ConsensusUtterance, { readonly proposalId: unknown }>

/** The hub's part in the election of a leader. */
export class ElectionDesk {
  async recover(): Promise<void> {}

  stop(): void {}

  /** Agents came, went, or vote with another key. */
  lookAround(): void {}

  attached(_agentId: AgentId): void {}

  detached(_agentId: AgentId): void {}

  async hear(_agentId: AgentId, _utterance: ElectionUtterance): Promise<void> {}

  async startElection(_transferTo?: AgentId): Promise<void> {}

  leader(): LeaderState {
    return {
      epoch: electorateEpoch(0),
      voters: [],
      committeeIndex: 0,
      isAskedFor: false,
      leadership: { epoch: electorateEpoch(0), term: term(0), leaderId: null, certificate: null },
      electionsHeld: 0,
    }
  }
}
