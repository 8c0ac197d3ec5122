import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isOver,
  type LeaderFence,
  type RoundState,
  type UpdateEntry,
} from '#domain/intelligence/learning/rounds/round-state.ts'
import {
  type RoundInput,
  type RoundTransition,
  stepRound,
  updatesMin,
} from '#domain/intelligence/learning/rounds/round-step.ts'
import { agentId, epochMs } from '#domain/model/ids.ts'

const AGENTS = ['a', 'b', 'c', 'd', 'e'].map(agentId)
const fence = (electorateEpoch: number, term: number, leader = 'a'): LeaderFence => ({
  agentId: agentId(leader),
  electorateEpoch,
  term,
})

const OPEN: RoundState = {
  roundId: 'r1',
  model: 'digits',
  baseVersion: 3,
  settings: { aggregator: { kind: 'median' }, clientsMin: 3, parameters: {} },
  status: 'open',
  coordinator: fence(1, 5),
  openedAt: epochMs(0),
  deadlineAt: epochMs(1_000),
  invited: AGENTS,
  absent: [],
  updates: [],
  refusals: [],
}

const update = (index: number): UpdateEntry => ({
  agentId: AGENTS[index] ?? agentId('stranger'),
  weight: 1,
  sha256: '00',
  bytes: 8,
  blobId: `blob-${index}`,
  metrics: {},
})
const arrival = (index: number): RoundInput => ({ type: 'update', update: update(index), baseVersion: 3 })

function run(inputs: readonly RoundInput[], now = 10): RoundTransition {
  return inputs.reduce<RoundTransition>(
    ([state, effects], input) => {
      const [next, more] = stepRound(state, input, epochMs(now))
      return [next, [...effects, ...more]]
    },
    [OPEN, []],
  )
}

describe('a federated round', () => {
  it('closes as soon as all have answered, and completes with what was aggregated', () => {
    const [closed, effects] = run([0, 1, 2, 3, 4].map(arrival))
    expect(closed).toMatchObject({ status: 'aggregating', closedBy: 'all_answered' })
    expect(effects.at(-1)).toEqual({ type: 'aggregate' })
    const [over, ends] = stepRound(closed, { type: 'aggregated', version: 4 }, epochMs(20))
    expect(over).toMatchObject({ status: 'completed', version: 4, endedAt: 20 })
    expect(ends).toEqual([{ type: 'completed', version: 4 }, { type: 'discard_updates' }])
  })

  it('does not wait for who declined or left, but takes a late update of one that came back', () => {
    const gone: RoundInput[] = [
      { type: 'agent_left', agentId: AGENTS[4]! },
      { type: 'declined', agentId: AGENTS[3]! },
      { type: 'agent_left', agentId: AGENTS[3]! },
    ]
    const [back] = run([...gone, arrival(4)])
    expect(back.absent).toEqual([AGENTS[3]])
    expect(run([...gone, arrival(4), arrival(0), arrival(1)])[0].status).toBe('open')
    expect(run([...gone, arrival(4), arrival(0), arrival(1), arrival(2)])[0].status).toBe('aggregating')
  })

  it('closes at its deadline with enough updates, and fails with too few', () => {
    const [three] = run([0, 1, 2].map(arrival))
    expect(stepRound(three, { type: 'tick' }, epochMs(999))[0].status).toBe('open')
    expect(stepRound(three, { type: 'tick' }, epochMs(1_000))[0]).toMatchObject({
      status: 'aggregating',
      closedBy: 'deadline',
    })
    const [two] = run([0, 1].map(arrival))
    expect(stepRound(two, { type: 'tick' }, epochMs(1_000))[0]).toMatchObject({
      status: 'failed',
      failure: 'too_few_updates',
    })
  })

  it('refuses and names what it does not take', () => {
    const refusal = (inputs: readonly RoundInput[], now?: number) =>
      run(inputs, now)[1].findLast(({ type }) => type === 'update_refused')
    expect(refusal([arrival(9)])).toMatchObject({ agentId: 'stranger', reason: 'not_invited' })
    expect(refusal([arrival(0), arrival(0)])).toMatchObject({ agentId: 'a', reason: 'duplicate' })
    expect(refusal([{ type: 'update', update: update(0), baseVersion: 2 }])).toMatchObject({
      reason: 'stale_round',
    })
    expect(
      refusal([{ type: 'update', update: update(0), baseVersion: 3, problem: 'not_finite' }]),
    ).toMatchObject({ reason: 'not_finite' })
    expect(refusal([arrival(0)], 1_000)).toMatchObject({ reason: 'round_closed' })
    const [state] = run([{ type: 'update', update: update(0), baseVersion: 3, problem: 'not_finite' }])
    expect(state.refusals).toEqual([{ agentId: 'a', reason: 'not_finite' }])
    expect(stepRound(state, arrival(0), epochMs(10))[0].updates, 'a sound one may follow').toHaveLength(1)
  })

  it('goes on under a new leader and refuses orders of the old one', () => {
    const [moved, effects] = stepRound(OPEN, { type: 'leader_elected', fence: fence(2, 1, 'b') }, epochMs(5))
    expect(effects).toMatchObject([{ type: 'coordinator_changed' }])
    expect(stepRound(moved, { type: 'close', fence: fence(1, 5) }, epochMs(6))).toEqual([
      moved,
      [{ type: 'order_refused', reason: 'stale_leader' }],
    ])
    expect(stepRound(moved, { type: 'leader_elected', fence: fence(1, 9) }, epochMs(6))).toEqual([moved, []])
    expect(stepRound(moved, { type: 'close', fence: fence(2, 1, 'b') }, epochMs(6))[0]).toMatchObject({
      closedBy: 'leader',
    })
    expect(stepRound(moved, { type: 'cancel', fence: undefined }, epochMs(6))[0].failure).toBe('canceled')
  })

  it('needs what its aggregator needs', () => {
    const krum = { aggregator: { kind: 'krum', byzantineMax: 2 }, clientsMin: 1, parameters: {} } as const
    expect(updatesMin({ settings: krum })).toBe(7)
  })

  it('never changes once it is over, never counts an agent twice, and only ends once', () => {
    const agent = fc.constantFrom(0, 1, 2, 3, 4, 9)
    const fences = fc.record({ e: fc.integer({ min: 0, max: 2 }), t: fc.integer({ min: 0, max: 3 }) })
    const input = fc.oneof<fc.Arbitrary<RoundInput>[]>(
      agent.map(arrival),
      agent.map((index) => ({ type: 'agent_left', agentId: update(index).agentId })),
      fences.map(({ e, t }) => ({ type: 'leader_elected', fence: fence(e, t) })),
      fences.map(({ e, t }) => ({ type: 'close', fence: fence(e, t) })),
      fc.constantFrom<RoundInput>(
        { type: 'tick' },
        { type: 'aggregated', version: 4 },
        { type: 'aggregation_failed', failure: 'aggregation_failed' },
        { type: 'cancel', fence: undefined },
      ),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(input, fc.integer({ min: 0, max: 200 })), { maxLength: 40 }), (steps) => {
        let state = OPEN
        let now = 0
        let ends = 0
        for (const [next, passed] of steps) {
          now += passed
          const before = state
          const [after, effects] = stepRound(before, next, epochMs(now))
          expect(isOver(before) && after !== before).toBe(false)
          ends += effects.filter(({ type }) => type === 'discard_updates').length
          expect(new Set(after.updates.map(({ agentId }) => agentId)).size).toBe(after.updates.length)
          expect(after.status === 'completed' && after.updates.length < 3).toBe(false)
          state = after
        }
        expect(ends).toBe(Number(isOver(state)))
      }),
      { numRuns: 300 },
    )
  })
})
