import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TRAIL_OPERATIONS } from '#contract/operations/trail-operations.ts'
import { SwarmClient } from '#sdk/index.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const KEYS = [
  { name: 'clerk', tenant: 'acme', roles: ['operator'], key: 'key-of-the-clerk-0123456789' },
  { name: 'guest', tenant: 'acme', roles: ['viewer'], key: 'key-of-the-guest-0123456789' },
  { name: 'other', tenant: 'evil', roles: ['admin'], key: 'key-of-another-0123456789' },
] as const
const [clerk, guest, other] = KEYS
const { createTrailSet, depositTrails, readTrails, followTrails, clearTrails, topTrails, deleteTrailSet } =
  TRAIL_OPERATIONS
const FOREVER = { evaporation: { unit: 'ms', rate: 0 }, max: 1_000 } as const

describe('trails over HTTP', () => {
  let node: TestNode
  let client: SwarmClient
  let raw: ContractClient
  beforeAll(async () => {
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(KEYS), AMOS_TRAIL_EDGES_MAX: '20000' })
    client = new SwarmClient({ url: node.url, apiKey: clerk.key })
    raw = new ContractClient(node.url, clerk.key)
  })
  afterAll(() => node.close())

  it('are created, deposited on, read, followed, cleared and deleted by the client', async () => {
    const { trails } = client
    const created = await trails.create({ trailSet: 'routes', ...FOREVER })
    expect(created).toMatchObject({ trailSet: 'routes', min: 0, max: 1_000, initial: 0, edgeCount: 0 })
    await trails.deposit('routes', [
      { edge: 'a', amount: 3 },
      { edge: 'b', amount: 1 },
      { edge: 'a', amount: -1 },
    ])
    expect(await trails.read('routes', ['b', 'a', 'c'])).toEqual([1, 2, 0])
    expect(await trails.top('routes', { countMax: 1 })).toEqual([{ edge: 'a', level: 2 }])
    const [chosen] = await trails.follow('routes', [{ edge: 'a' }, { edge: 'c' }])
    expect(chosen).toEqual({ edge: 'a', level: 2, probability: 1 })
    expect((await trails.list()).trailSets.map(({ trailSet }) => trailSet)).toEqual(['routes'])
    expect(await trails.clear('routes', ['a'])).toBe(1)
    expect(await trails.read('routes', ['a', 'b'])).toEqual([0, 1])
    await trails.delete('routes')
    await expect(trails.get('routes')).rejects.toMatchObject({ code: 'trail_set_not_found' })
  })

  it('take ten thousand edges at once, and the same request once', async () => {
    await client.trails.create({ trailSet: 'many', ...FOREVER })
    const deposits = Array.from({ length: 10_000 }, (_, index) => ({ edge: `edge ${index}`, amount: 1 }))
    for (let repeat = 0; repeat < 3; repeat += 1)
      await client.trails.deposit('many', deposits, { idempotencyKey: 'one-request' })
    const levels = await client.trails.read(
      'many',
      deposits.map(({ edge }) => edge),
    )
    expect(levels.every((level) => level === 1)).toBe(true)
    const more = deposits.map(({ edge }) => ({ edge: `more ${edge}`, amount: 1 }))
    await client.trails.deposit('many', more)
    const refused = await raw.call(depositTrails, {
      params: { trailSet: 'many' },
      body: { deposits: [{ edge: 'one too many', amount: 1 }] },
    })
    expect(refused.body).toMatchObject({ code: 'limit_exceeded', details: { limitName: 'trailEdgesMax' } })
    expect((await client.trails.get('many')).edgeCount).toBe(20_000)
  })

  it('keep any name of an edge as plain data', async () => {
    await client.trails.create({ trailSet: 'names', ...FOREVER })
    const names = ['__proto__', 'constructor', '..', 'a/b', 'search', '中 → 🦄', '"\\\u2028', ' ', 'a=b']
    await client.trails.deposit(
      'names',
      names.map((edge, index) => ({ edge, amount: index + 1 })),
    )
    expect(await client.trails.read('names', names)).toEqual(names.map((_, index) => index + 1))
    expect(await client.trails.read('names', ['toString', 'hasOwnProperty'])).toEqual([0, 0])
    expect(({} as Record<string, unknown>)['level']).toBeUndefined()
  })

  it.each<[string, object, string]>([
    ['a negative half-life', { evaporation: { unit: 'ms', halfLife: -5 } }, 'validation_failed'],
    ['a half-life of 0', { evaporation: { unit: 'ms', halfLife: 0 } }, 'validation_failed'],
    ['a rate of 1', { evaporation: { unit: 'ms', rate: 1 } }, 'validation_failed'],
    ['no evaporation', {}, 'validation_failed'],
    ['another unit', { evaporation: { unit: 'days', rate: 0 } }, 'validation_failed'],
    ['half-life and rate', { evaporation: { unit: 'ms', rate: 0, halfLife: 1 } }, 'trail_settings_unsound'],
    ['neither of them', { evaporation: { unit: 'ms' } }, 'trail_settings_unsound'],
    ['min above max', { ...FOREVER, min: 2, max: 1 }, 'trail_settings_unsound'],
    ['an initial level beyond max', { ...FOREVER, initial: 2_000 }, 'trail_settings_unsound'],
    ['a negative min', { ...FOREVER, min: -1 }, 'validation_failed'],
  ])('refuse %s', async (_, settings, code) => {
    const { body } = await raw.call(createTrailSet, { body: { trailSet: 'unsound', ...settings } })
    expect(body['code']).toBe(code)
  })

  it.each<[string, string]>([
    ['NaN', '{"deposits":[{"edge":"a","amount":NaN}]}'],
    ['infinity', '{"deposits":[{"edge":"a","amount":1e999}]}'],
    ['too much', '{"deposits":[{"edge":"a","amount":1000001}]}'],
    ['a text', '{"deposits":[{"edge":"a","amount":"1"}]}'],
    ['no deposit', '{"deposits":[]}'],
    ['no name', '{"deposits":[{"edge":"","amount":1}]}'],
    ['a name that is too long', `{"deposits":[{"edge":"${'x'.repeat(201)}","amount":1}]}`],
    ['half a surrogate pair', '{"deposits":[{"edge":"\\ud800","amount":1}]}'],
    ['a field of no use', '{"deposits":[{"edge":"a","amount":1,"__proto__":{}}]}'],
  ])('refuse a deposit of %s, and lose nothing', async (_, body) => {
    await client.trails.create({ trailSet: 'firm', ...FOREVER })
    await client.trails.deposit('firm', [{ edge: 'a', amount: 1 }], { idempotencyKey: 'first' })
    const { status } = await raw.call(depositTrails, { params: { trailSet: 'firm' }, body })
    expect(status).toBe(400)
    expect(await client.trails.read('firm', ['a'])).toEqual([1])
  })

  it('refuse to follow by NaN, beyond the limits, and nothing at all', async () => {
    await client.trails.create({ trailSet: 'ways', ...FOREVER })
    const params = { trailSet: 'ways' }
    for (const body of [
      '{"options":[{"edge":"a","heuristic":NaN}]}',
      '{"options":[{"edge":"a","heuristic":-1}]}',
      '{"options":[{"edge":"a"}],"beta":21}',
      '{"options":[]}',
    ])
      expect((await raw.call(followTrails, { params, body })).status).toBe(400)
    const [chosen] = await client.trails.follow('ways', [{ edge: 'a', heuristic: 0 }])
    expect(chosen).toEqual({ edge: 'a', level: 0, probability: 1 })
  })

  it('are refused to a viewer who writes, and not there for another tenant', async () => {
    await client.trails.create({ trailSet: 'ours', ...FOREVER })
    const params = { trailSet: 'ours' }
    const body = { deposits: [{ edge: 'a', amount: 1 }] }
    const viewer = new ContractClient(node.url, guest.key)
    expect((await viewer.call(readTrails, { params, body: { edges: ['a'] } })).status).toBe(200)
    expect((await viewer.call(topTrails, { params })).status).toBe(200)
    for (const [operation, sent] of [
      [depositTrails, body],
      [clearTrails, {}],
      [createTrailSet, { trailSet: 'theirs', ...FOREVER }],
      [deleteTrailSet, undefined],
    ] as const)
      expect((await viewer.call(operation, { params, body: sent })).body['code']).toBe('forbidden')
    const stranger = new ContractClient(node.url, other.key)
    for (const [operation, sent] of [
      [depositTrails, body],
      [readTrails, { edges: ['a'] }],
    ] as const)
      expect((await stranger.call(operation, { params, body: sent })).body['code']).toBe(
        'trail_set_not_found',
      )
    expect(await client.trails.read('ours', ['a'])).toEqual([0])
  })

  it('name the agent that deposited in their events', async () => {
    await client.trails.create({ trailSet: 'signed', ...FOREVER })
    const { token } = await client.registerAgent({ agentId: 'ant' })
    const ant = new SwarmClient({ url: node.url, apiKey: token })
    await ant.trails.deposit('signed', [{ edge: 'a', amount: 2 }])
    const { events } = await client.readEvents({ subject: 'signed', types: ['amos.trails.*'] })
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['amos.trails.created', { settings: expect.objectContaining({ max: 1_000 }) as unknown }],
      ['amos.trails.deposited', { edgeCount: 1, amount: 2, agentId: 'ant' }],
    ])
  })
})
