import { describe, expect, it } from 'vitest'
import type { TrailService } from '#domain/intelligence/trails/trail-service.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { Cluster, type ClusterOptions, SCOPE, type TestNode } from '../domain/cluster.ts'

const BY_TIME = { evaporation: { unit: 'ms', halfLife: 1_000 }, max: 1_000 } as const
const FOREVER = { evaporation: { unit: 'ms', rate: 0 }, max: 1_000 } as const

describe('the trails of a swarm', () => {
  it('read exactly the same after the coordinating node died', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const { trails } = first.service
    await cluster.settle(trails.create({ trailSet: 'routes', settings: { ...BY_TIME, initial: 100 } }))
    await cluster.settle(trails.deposit(deposit('d1', [['a', 32]])))
    await cluster.pass(500)
    await cluster.settle(
      trails.deposit(
        deposit('d2', [
          ['a', 16],
          ['b', -8],
        ]),
      ),
    )
    const [createdAt = 0, firstAt = 0, secondAt = 0] = await timesOfEvents(first)
    first.die()
    const second = await cluster.node({ isAlone: false })
    await cluster.pass(5_000)
    const now = cluster.clock.now()
    const read = second.service.trails.read({ trailSet: 'routes', edges: ['a', 'b', 'never'] })
    const levels = await cluster.settle(read)
    expect(cluster.clock.now()).toBe(now)
    const left = (since: number): number => 2 ** ((since - now) / 1_000)
    const initial = 100 * left(createdAt)
    const expected = [
      initial + 32 * left(firstAt) + 16 * left(secondAt),
      initial - 8 * left(secondAt),
      initial,
    ]
    for (const [index, level] of levels.entries())
      expect(Math.abs(level - (expected[index] ?? Number.NaN))).toBeLessThan(1e-9)
  })

  it('count a request once, however often it is repeated', async () => {
    const { trails, settle } = await ready()
    for (const requestId of ['d1', 'd1', 'd2', 'd1', 'd2'])
      await settle(trails.deposit(deposit(requestId, [['a', 10]])))
    expect(await trails.read({ trailSet: 'routes', edges: ['a'] })).toEqual([20])
  })

  it('count a deposit once where the store committed it and did not answer', async () => {
    let fault: StepFault | undefined
    const { trails, settle } = await ready({ faultFor: () => fault })
    await settle(trails.deposit(deposit('d1', [['a', 10]])))
    fault = { fail: 'after_commit' }
    await expect(settle(trails.deposit(deposit('d2', [['a', 5]])))).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    fault = { fail: 'before_commit' }
    await expect(settle(trails.deposit(deposit('d3', [['a', 3]])))).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    fault = undefined
    expect(await settle(trails.read({ trailSet: 'routes', edges: ['a'] }))).toEqual([15])
    await settle(trails.deposit(deposit('d2', [['a', 5]])))
    await settle(trails.deposit(deposit('d3', [['a', 3]])))
    expect(await settle(trails.read({ trailSet: 'routes', edges: ['a'] }))).toEqual([18])
  })

  it('write what comes together in few steps, each request with its event', async () => {
    let steps = 0
    const { trails, settle, node } = await ready({
      faultFor: () => {
        steps += 1
        return undefined
      },
    })
    steps = 0
    const all = Array.from({ length: 50 }, (_, index) => trails.deposit(deposit(`d${index}`, [['a', 1]])))
    await settle(Promise.all(all))
    expect(steps).toBeLessThanOrEqual(3)
    expect(await trails.read({ trailSet: 'routes', edges: ['a'] })).toEqual([50])
    const { events } = await node.infra.store.readEvents(SCOPE, 0, 1_000)
    expect(events.filter(({ type }) => type === 'trails.deposited')).toHaveLength(50)
  })

  it('refuse one request of many without the others', async () => {
    const { trails, settle } = await ready({ orchestrator: { trailEdgesMax: 2 } })
    const answers = await settle(
      Promise.allSettled([
        trails.deposit(deposit('d1', [['a', 1]])),
        trails.deposit(
          deposit('d2', [
            ['b', 1],
            ['c', 1],
          ]),
        ),
        trails.deposit(deposit('d3', [['b', 1]])),
      ]),
    )
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(answers[1]).toMatchObject({ reason: { code: 'limit_exceeded', details: { limit: 2, actual: 3 } } })
    expect(await trails.read({ trailSet: 'routes', edges: ['a', 'b', 'c'] })).toEqual([1, 1, 0])
  })

  it('are gone with their set, also for what waits behind the deletion', async () => {
    const { trails, settle, node } = await ready()
    const [before, deleted, after] = await settle(
      Promise.allSettled([
        trails.deposit(deposit('d1', [['a', 1]])),
        trails.delete({ trailSet: 'routes', requestId: 'x' }),
        trails.deposit(deposit('d2', [['a', 1]])),
      ]),
    )
    expect([before.status, deleted.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(after).toMatchObject({ reason: { code: 'trail_set_not_found' } })
    await settle(trails.create({ trailSet: 'routes', settings: FOREVER }))
    expect(await trails.read({ trailSet: 'routes', edges: ['a'] })).toEqual([0])
    const { events } = await node.infra.store.readEvents(SCOPE, 0, 1_000)
    expect(events.map(({ type }) => type).filter((type) => type.startsWith('trails.'))).toEqual([
      'trails.created',
      'trails.deposited',
      'trails.deleted',
      'trails.created',
    ])
  })

  it('exist once under a name, in the settings they were created with', async () => {
    const { trails, settle } = await ready({ orchestrator: { trailSetsMax: 1 } })
    await settle(trails.create({ trailSet: 'routes', settings: FOREVER }))
    await expect(
      settle(trails.create({ trailSet: 'routes', settings: { ...FOREVER, max: 5 } })),
    ).rejects.toMatchObject({ code: 'trail_set_exists' })
    await expect(settle(trails.create({ trailSet: 'more', settings: FOREVER }))).rejects.toMatchObject({
      code: 'limit_exceeded',
    })
    await expect(trails.get({ trailSet: 'never' })).rejects.toMatchObject({ code: 'trail_set_not_found' })
    await expect(
      settle(trails.deposit({ trailSet: 'never', requestId: 'd', deposits: [] })),
    ).rejects.toMatchObject({ code: 'trail_set_not_found' })
  })

  it('are followed by strength and heuristic', async () => {
    const { trails, settle } = await ready()
    await settle(
      trails.deposit(
        deposit('d1', [
          ['a', 30],
          ['b', 10],
        ]),
      ),
    )
    const options = ['a', 'b', 'never'].map((edge) => ({ edge, heuristic: 2 }))
    const chosen = await trails.follow({ trailSet: 'routes', options, alpha: 1, beta: 1, countMax: 3 })
    expect(chosen.map(({ edge }) => edge).toSorted((a, b) => a.localeCompare(b))).toEqual(['a', 'b', 'never'])
    expect(chosen.find(({ edge }) => edge === 'a')).toMatchObject({
      level: 30,
      probability: expect.closeTo(0.75, 12) as unknown,
    })
    expect(chosen.at(-1)).toMatchObject({ edge: 'never', probability: 0 })
  })
})

type Pairs = readonly (readonly [edge: string, amount: number])[]

function deposit(requestId: string, pairs: Pairs): Parameters<TrailService['deposit']>[0] {
  const deposits = pairs.map(([edge, amount]) => ({ edge, amount }))
  return { trailSet: 'routes', requestId, deposits }
}

/** A node with the empty set `routes`. */
async function ready(options: ClusterOptions = {}) {
  const cluster = new Cluster(options)
  const node = await cluster.node()
  const { trails } = node.service
  await cluster.settle(trails.create({ trailSet: 'routes', settings: FOREVER }))
  const settle = <T>(promise: Promise<T>): Promise<T> => cluster.settle(promise)
  return { trails, settle, node }
}

async function timesOfEvents({ infra }: TestNode): Promise<number[]> {
  const { events } = await infra.store.readEvents(SCOPE, 0, 1_000)
  return events.filter(({ type }) => type.startsWith('trails.')).map(({ time }) => time)
}
