import type { RaftInput } from '#domain/consensus/raft/raft-input.ts'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import type { RaftState } from '#domain/consensus/raft/raft-state.ts'
import { stepRaft } from '#domain/consensus/raft/step.ts'
import { term } from '#domain/consensus/raft/term.ts'
import { lastEntry } from '#domain/consensus/raft/voter-log.ts'
import { monotonicMs } from '#domain/model/ids.ts'
import type { Mutant } from './simulated-voter.ts'

/** The core as it would be with one rule left out: it is told, or remembers, something else than what is so. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'a vote is not persisted': {
    save: (durable, saved) => ({ ...durable, votedFor: durable.term === saved.term ? saved.votedFor : null }),
  },
  'words come before the record': {
    order: (effects) => [
      ...effects.filter(({ type }) => type !== 'persist'),
      ...effects.filter(({ type }) => type === 'persist'),
    ],
  },
  'a vote is forgotten at the next request': onMessages((message, state) =>
    message.type === 'vote_request' && message.term === state.durable.term
      ? { message, state: { ...state, durable: { ...state.durable, votedFor: null }, leaderId: null } }
      : { message, state },
  ),
  'PreVote ignores the log': onMessages((message, state) =>
    message.type === 'pre_vote' ? { message: withEndlessLog(message), state } : { message, state },
  ),
  'a vote ignores the log': onMessages((message, state) =>
    message.type === 'vote_request' || message.type === 'pre_vote'
      ? { message: withEndlessLog(message), state }
      : { message, state },
  ),
  'an older term is accepted': onMessages((message, state) =>
    message.term < state.durable.term
      ? { message: { ...message, term: state.durable.term }, state }
      : { message, state },
  ),
  'a granted PreVote enters the term': onMessages((message, state) =>
    message.type === 'pre_vote' && message.term > state.durable.term
      ? { message, state: { ...state, durable: { ...state.durable, term: message.term, votedFor: null } } }
      : { message, state },
  ),
  'voters change before anything of the term is committed': {
    step: (state, input) =>
      stepRaft(
        input.type === 'voter_change_asked' && state.role.type === 'leader'
          ? { ...state, commitIndex: lastEntry(state.durable.log).index }
          : state,
        input,
      ),
  },
  'a removed voter stops campaigning before its removal is committed': {
    step: (state, input) => {
      const isOut = !lastEntry(state.durable.log).voters.includes(state.self)
      const isCampaign = input.type === 'time_passed' && state.role.type !== 'leader'
      if (!isOut || !isCampaign) return stepRaft(state, input)
      return [{ ...state, electionDueAt: monotonicMs(input.at + 200) }, []]
    },
  },
}

type Seen = { readonly message: RaftMessage; readonly state: RaftState }

function onMessages(see: (message: RaftMessage, state: RaftState) => Seen): Mutant {
  return {
    step: (state, input) => {
      if (input.type !== 'message_received') return stepRaft(state, input)
      const seen = see(input.message, state)
      return stepRaft(seen.state, { ...input, message: seen.message } satisfies RaftInput)
    },
  }
}

function withEndlessLog<M extends { readonly lastIndex: number }>(message: M): M {
  return { ...message, lastIndex: 1_000_000, lastTerm: term(1_000_000) }
}
