import { describe, expect, it } from 'vitest'
import {
  type CommitteeCandidate,
  chooseCommittee,
  electorateLostSince,
  nextVoterChange,
} from '#domain/consensus/raft/committee.ts'
import { type AgentId, agentId, epochMs, monotonicMs } from '#domain/model/ids.ts'

function candidate(name: string, registeredAt: number, holdsOwnKey = true): CommitteeCandidate {
  return { agentId: agentId(name), holdsOwnKey, registeredAt: epochMs(registeredAt) }
}

const crowd = Array.from({ length: 15 }, (_, at) => candidate(`c${at}`, at))
const idsOf = (candidates: readonly CommitteeCandidate[]) => candidates.map(({ agentId }) => agentId)

describe('a new electorate', () => {
  it('is those with their own key before the others, the longest-lived first, eleven at most', () => {
    const hosted = candidate('hosted', 0, false)
    expect(chooseCommittee([hosted, candidate('young', 9), candidate('old', 3)])).toEqual([
      'old',
      'young',
      'hosted',
    ])
    expect(chooseCommittee(crowd.toReversed())).toEqual(idsOf(crowd.slice(0, 11)))
    expect(chooseCommittee([hosted, ...crowd])).not.toContain('hosted')
  })

  it('does not depend on the order in which the candidates are named', () => {
    const twins = [candidate('b', 1), candidate('a', 1)]
    expect(chooseCommittee(twins)).toEqual(chooseCommittee(twins.toReversed()))
  })
})

describe('the next change of voters', () => {
  it('removes who is gone before it adds the best of the others', () => {
    const [one, two, three] = crowd as [CommitteeCandidate, CommitteeCandidate, CommitteeCandidate]
    const voters = [one.agentId, agentId('gone')]
    expect(nextVoterChange(voters, [one, two, three])).toEqual({ type: 'remove', agentId: 'gone' })
    expect(nextVoterChange([one.agentId], [three, two, one])).toEqual({ type: 'add', agentId: 'c1' })
    expect(nextVoterChange(idsOf([one, two, three]), [one, two, three])).toBeUndefined()
  })

  it('never removes the last voter', () => {
    expect(nextVoterChange([agentId('gone')], crowd)).toBeUndefined()
  })

  it('makes room for one with its own key, but not for one that is merely older', () => {
    const hosted = candidate('hosted', 0, false)
    const full = [...crowd.slice(1, 11), hosted]
    expect(nextVoterChange(idsOf(full), [...full, candidate('late', 99)])).toEqual({
      type: 'remove',
      agentId: 'hosted',
    })
    const keyed = crowd.slice(1, 12)
    expect(nextVoterChange(idsOf(keyed), crowd)).toBeUndefined()
  })

  it('leads to the chosen committee, one change after another, and rests there', () => {
    let voters: readonly AgentId[] = [agentId('x'), agentId('c3'), agentId('y')]
    for (
      let change = nextVoterChange(voters, crowd);
      change !== undefined;
      change = nextVoterChange(voters, crowd)
    ) {
      const { type, agentId } = change
      voters = type === 'add' ? [...voters, agentId] : voters.filter((voter) => voter !== agentId)
    }
    expect(new Set(voters)).toEqual(new Set(chooseCommittee(crowd)))
  })
})

describe('an electorate', () => {
  const voters = idsOf(crowd.slice(0, 3))
  const health = (live: number, hasLeader: boolean) => ({
    voters,
    isLive: (voter: AgentId) => voters.indexOf(voter) < live,
    hasLeader,
  })
  const at = monotonicMs(700)

  it('is lost since its majority was gone or it had no leader, and not while it has both', () => {
    expect(electorateLostSince(null, health(2, true), at)).toBeNull()
    expect(electorateLostSince(null, health(1, true), at)).toBe(700)
    expect(electorateLostSince(null, health(3, false), at)).toBe(700)
    expect(electorateLostSince(monotonicMs(300), health(1, false), at)).toBe(300)
    expect(electorateLostSince(monotonicMs(300), health(2, true), at)).toBeNull()
  })
})
