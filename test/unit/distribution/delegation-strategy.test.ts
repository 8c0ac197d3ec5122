import { describe, expect, it } from 'vitest'
import { DelegationStrategy } from '#domain/distribution/strategies/delegation-strategy.ts'
import { leastLoaded } from '#domain/distribution/strategies/least-loaded.ts'
import { agentId } from '#domain/model/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { distributionContext } from '../../helpers/distribution-context.ts'
import { sampleEntry } from '../../helpers/sample-records.ts'
import { type TreeAgent, TreeSwarm } from '../../helpers/tree-swarm.ts'

const BUSY = { activeTasks: 1 }

/** `count` idle agents with one slot, a0 at the root of a binary tree, but for those told otherwise by name. */
function aTree(count: number, others: Readonly<Record<string, Partial<TreeAgent>>> = {}): TreeSwarm {
  return new TreeSwarm(
    2,
    Array.from({ length: count }, (_, index) => others[`a${index}`] ?? {}),
  )
}

function tasks(count: number, changes: Partial<ReadyEntry> = {}): readonly ReadyEntry[] {
  return Array.from({ length: count }, (_, index) => sampleEntry(`t${index}`, changes))
}

const ids = (names: string) => names.split(' ').map(agentId)

/** Who would get one such task. */
function goesTo(swarm: TreeSwarm, changes: Partial<ReadyEntry> = {}): string | undefined {
  return swarm.plan(tasks(1, changes))[0]?.agentId
}

describe('a task in a hierarchical swarm', () => {
  it('is done by the root where there is nobody else', () => {
    expect(aTree(1).plan(tasks(2))).toMatchObject([
      {
        agentId: 'a0',
        delegationPath: ['a0'],
        reason: 'delegated by the root a0, done by a0 itself: nobody below can take it now',
        candidateCount: 1,
        candidates: [{ agentId: 'a0', score: 0, activeTasks: 0, slots: 1 }],
      },
    ])
  })

  it('goes to the leaves first, and to the managers once those are busy', () => {
    const two = aTree(2).plan(tasks(3))
    expect(two.map(({ delegationPath }) => delegationPath)).toEqual([['a0', 'a1'], ['a0']])
    const three = aTree(3).plan(tasks(4))
    expect(
      three
        .slice(0, 2)
        .map((planned) => planned.agentId)
        .toSorted(),
    ).toEqual(['a1', 'a2'])
    expect(three.slice(2).map((planned) => planned.agentId)).toEqual(['a0'])
  })

  it('goes down level by level into the branch that is least loaded relative to its slots', () => {
    // a1 over a3 and a4, which have three slots and hold two tasks; a2 over a5 and a6, which hold one in two slots.
    const swarm = aTree(7, { a3: { slots: 2, ...BUSY }, a4: BUSY, a5: { slots: 2, ...BUSY } })
    const [planned] = swarm.plan(tasks(1))
    expect(planned).toMatchObject({
      agentId: 'a6',
      delegationPath: ['a0', 'a2', 'a6'],
      reason: 'delegated by the root a0, down by the least loaded branches to the leaf a6',
      candidateCount: 6,
      candidates: [
        { agentId: 'a6', score: 0 },
        { agentId: 'a5', score: 0.5, activeTasks: 1, slots: 2 },
      ],
    })
  })

  it('goes past branches in which nobody can do it', () => {
    const artist = { skills: ['draw'] }
    expect(goesTo(aTree(10, { a9: artist }), { capabilities: ['draw'] })).toBe('a9')
    expect(goesTo(aTree(10, { a1: artist }), { capabilities: ['draw'] })).toBe('a1')
    expect(goesTo(aTree(10), { capabilities: ['draw'] })).toBeUndefined()
  })

  it('does not herd with others of its batch, whatever they ask for', () => {
    const swarm = aTree(7, { a0: BUSY, a1: BUSY, a2: BUSY, a3: { resources: { gpu: 1 } } })
    const plan = swarm.plan([
      ...tasks(1, { resources: { gpu: 1 } }),
      sampleEntry('u0'),
      sampleEntry('u1'),
      sampleEntry('u2'),
    ])
    expect(plan[0]?.agentId).toBe('a3')
    expect(plan[1]?.delegationPath?.[1]).toBe('a2')
    expect(plan.map((planned) => planned.agentId).toSorted()).toEqual(['a3', 'a4', 'a5', 'a6'])
  })

  it('is drawn among equal branches', () => {
    const winners = Array.from({ length: 400 }, (_, seed) => aTree(3).plan(tasks(1), { seed })[0]!.agentId)
    const wins = winners.filter((winner) => winner === 'a1').length
    expect(wins).toBeGreaterThan(150)
    expect(wins).toBeLessThan(250)
  })
})

describe('a part that a manager split off', () => {
  const part = { delegators: ids('a1 a0'), failedAgentIds: [] }

  it('stays below the manager, then with it, then goes up', () => {
    const plan = aTree(10).plan(tasks(10, part))
    const own = plan.slice(0, 6).map((planned) => planned.agentId)
    expect(own.toSorted()).toEqual(['a1', 'a3', 'a4', 'a7', 'a8', 'a9'])
    expect(own[5]).toBe('a1')
    expect(plan[9]?.agentId).toBe('a0')
    expect(plan[6]?.reason).toContain('passed up to a0 since nobody nearer can take it now')
    expect(plan[0]?.reason).toContain('delegated by a1, which holds its parent')
  })

  it('is handed on by the manager above where its own is gone', () => {
    const [planned] = aTree(7).plan(tasks(1, { ...part, delegators: ids('gone a2 a0') }))
    expect(['a5', 'a6']).toContain(planned?.agentId)
  })
})

describe('a task that an agent failed at', () => {
  const failedBy = (names: string, delegators: string) => ({
    failedAgentIds: ids(names),
    delegators: ids(delegators),
  })

  it('is offered to the others below its manager, to the manager, then one level up', () => {
    const failed = failedBy('a3', 'a1 a0')
    expect(goesTo(aTree(7), failed)).toBe('a4')
    expect(goesTo(aTree(7, { a4: BUSY }), failed)).toBe('a1')
    expect(['a5', 'a6']).toContain(goesTo(aTree(7, { a4: BUSY, a1: BUSY }), failed))
    expect(goesTo(aTree(7, { a4: BUSY, a1: BUSY, a5: BUSY, a6: BUSY }), failed)).toBe('a2')
  })

  it('comes to those who failed only where nobody else can take it', () => {
    const busy = { a0: BUSY, a2: BUSY, a4: BUSY }
    expect(goesTo(aTree(5, busy), failedBy('a3 a1', 'a0'))).toBe('a3')
    const [planned] = aTree(1).plan(tasks(1, { failedAgentIds: ids('a0'), delegators: [] }))
    expect(planned?.reason).toBe(
      'delegated anew by a0, which failed at it, back to a0: nobody else can take it now',
    )
  })

  it('leaves no mark on what else is planned with it', () => {
    const [, second] = aTree(2).plan([sampleEntry('t', failedBy('a1', 'a0')), sampleEntry('u')])
    expect(second?.agentId).toBe('a1')
  })

  it('says whom it was escalated to', () => {
    const [planned] = aTree(7).plan(tasks(1, failedBy('a3', 'a1 a0')))
    expect(planned).toMatchObject({
      delegationPath: ['a0', 'a1', 'a4'],
      reason: 'escalated to a1 after a3 failed at it, down by the least loaded branches to the leaf a4',
    })
  })
})

it('leaves all to the other strategy while the swarm is not hierarchical, and what only strangers can do', () => {
  const swarm = aTree(3)
  const context = distributionContext({
    tasks: tasks(1),
    candidatesFor: swarm.candidatesFor.bind(swarm),
  })
  const mesh = new DelegationStrategy(leastLoaded, {
    tree: () => undefined,
    loadOf: () => {
      throw new Error('nobody asks for loads in a mesh')
    },
  })
  expect(mesh.plan(context)).toEqual(leastLoaded.plan({ ...context, random: new SeededRandom(1) }))
  swarm.shape.remove(agentId('a2'))
  swarm.agents.set(agentId('a0'), { ...swarm.agents.get(agentId('a0'))!, ...BUSY })
  swarm.agents.set(agentId('a1'), { ...swarm.agents.get(agentId('a1'))!, ...BUSY })
  const [stranger] = swarm.plan(tasks(1), { others: leastLoaded })
  expect(stranger).toMatchObject({ agentId: 'a2', reason: 'the only capable agent with room' })
  expect(stranger?.delegationPath).toBeUndefined()
})
