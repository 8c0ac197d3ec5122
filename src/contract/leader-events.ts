import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { CONSENSUS_LIMITS } from './consensus/consensus-limits.ts'
import { AgentId, Count } from './scalars.ts'
import { closedObject } from './schema.ts'

function data<P extends TProperties>(title: string, description: string, properties: P): TObject<P> {
  return closedObject(properties, { title, description })
}

/** Events of elections. */
export const LEADER_EVENTS = {
  'leader.elected': data('LeaderElectedData', 'An agent leads the swarm.', {
    epoch: Count('Of the electorate.'),
    term: Count('Of its election.'),
    votes: Count('It was elected by.'),
  }),
  'leader.lost': data('LeaderLostData', 'The agent leads no more.', {
    epoch: Count('Of the electorate.'),
    term: Count('It led in.'),
  }),
  'election.double_vote': data('ElectionDoubleVoteData', 'A voter voted for two in one term.', {
    epoch: Count('Of the electorate.'),
    term: Count('In which.'),
    candidates: Type.Array(AgentId, { maxItems: 2, description: 'For whom.' }),
  }),
  'election.electorate_changed': data('ElectorateChangedData', 'Others elect the leader from now on.', {
    epoch: Count('Of the electorate; raised where most of the old one was gone.'),
    voters: Type.Array(AgentId, {
      maxItems: CONSENSUS_LIMITS.committeeMax + 1,
      description: 'The committee.',
    }),
  }),
} as const
