import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient, type TrainingHandler } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const KEYS = [
  { name: 'operator', tenant: 'acme', roles: ['operator'], key: 'operator-0123456789abcdef' },
  { name: 'viewer', tenant: 'acme', roles: ['viewer'], key: 'viewer-0123456789abcdef' },
  { name: 'other', tenant: 'other', roles: ['admin'], key: 'other-0123456789abcdef' },
]
const FORMAT = 'float64'

describe('learning rounds', { timeout: 60_000 }, () => {
  let node: TestNode
  let client: SwarmClient
  const agents: SwarmAgent[] = []

  beforeAll(async () => {
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(KEYS) })
    client = as('operator')
  })
  afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.drain({ deregister: true }))))
  afterAll(() => node.close())

  const as = (name: string): SwarmClient =>
    new SwarmClient({ url: node.url, apiKey: `${name}-0123456789abcdef` })

  async function join(agentId: string, handler?: TrainingHandler): Promise<SwarmAgent> {
    const agent = new SwarmAgent({ url: node.url, apiKey: 'operator-0123456789abcdef', agentId })
    if (handler !== undefined) agent.onTrainingRound(handler)
    agents.push(agent)
    await agent.start()
    return agent
  }

  async function modelOf(model: string, numbers: readonly number[], shape = [numbers.length]): Promise<void> {
    await client.models.create({ model, format: FORMAT, shape })
    await client.models.upload(model, numbers, FORMAT)
  }

  const finished = (roundId: string) =>
    eventually(
      async () => {
        const round = await client.models.round(roundId)
        return (round.status === 'completed' || round.status === 'failed') && round
      },
      { timeoutMs: 50_000 },
    )

  it('ask the agents to train, and make what they send a version of the model', async () => {
    await modelOf('mean', [0, 0, 0])
    const add =
      (amount: number, sampleCount: number): TrainingHandler =>
      ({ numbers, parameters }) => ({
        numbers: numbers.map((number) => number + amount * (parameters['scale'] ?? 0)),
        sampleCount,
        loss: amount,
      })
    await join('ada', add(1, 1))
    await join('bob', add(4, 2))
    await join('eve')
    const { roundId } = await client.models.openRound({
      model: 'mean',
      aggregator: { kind: 'fedavg' },
      durationMs: 60_000,
      parameters: { scale: 10 },
    })
    const round = await finished(roundId)
    expect(round).toMatchObject({
      status: 'completed',
      closedBy: 'all_answered',
      absent: ['eve'],
      version: 2,
    })
    expect(new Set(round.updates.map(({ sampleCount }) => sampleCount))).toEqual(new Set([1, 2]))
    const { numbers, version } = await client.models.read('mean')
    expect(version).toBe(2)
    for (const number of numbers) expect(number).toBeCloseTo(30, 9)

    await client.models.evaluate('mean', 2, { metric: 'error', value: 1, sampleCount: 1, agentId: 'ada' })
    await client.models.evaluate('mean', 2, { metric: 'error', value: 4, sampleCount: 3, agentId: 'bob' })
    await client.models.evaluate('mean', 2, { metric: 'error', value: 2, sampleCount: 3, agentId: 'bob' })
    const [model] = await client.models.list()
    expect(model?.versions[1]).toMatchObject({
      roundId,
      evaluations: { error: { mean: 1.75, sampleCount: 4, evaluatorCount: 2 } },
    })
    await client.models.rollBack('mean', 1)
    expect([...(await client.models.read('mean')).numbers]).toEqual([0, 0, 0])
  })

  it('complete by their rule though two lie and one is silent', async () => {
    await modelOf('robust', [0, 0])
    const honest: TrainingHandler = () => ({ numbers: [1, 2], sampleCount: 1 })
    const liar: TrainingHandler = () => ({ numbers: [1e9, -1e9], sampleCount: 1_000_000 })
    for (const agentId of ['a1', 'a2', 'a3', 'a4', 'a5']) await join(agentId, honest)
    for (const agentId of ['b1', 'b2']) await join(agentId, liar)
    await join('silent', () => new Promise(() => undefined))
    const { roundId } = await client.models.openRound({
      model: 'robust',
      aggregator: { kind: 'multi_krum', byzantineMax: 2, selectedCount: 4 },
      clientsMin: 7,
      durationMs: 1_500,
    })
    expect(await finished(roundId)).toMatchObject({ status: 'completed', closedBy: 'deadline' })
    expect([...(await client.models.read('robust')).numbers]).toEqual([1, 2])
  })

  it('carry models larger than a frame, in pieces', async () => {
    const length = 98_304
    const values = Float64Array.from({ length }, (_, index) => index / 7)
    await client.models.create({ model: 'large', format: FORMAT, shape: [96, 1_024] })
    await client.models.upload('large', values, FORMAT)
    await join('ada', ({ numbers }) => ({ numbers: numbers.map((number) => number + 1), sampleCount: 3 }))
    await join('bob', ({ numbers }) => ({ numbers: numbers.map((number) => number - 3), sampleCount: 1 }))
    const { roundId } = await client.models.openRound({
      model: 'large',
      aggregator: { kind: 'fedavg' },
      durationMs: 60_000,
    })
    expect(await finished(roundId)).toMatchObject({ status: 'completed' })
    const { numbers } = await client.models.read('large')
    expect(
      Math.max(...[0, 1, 40_000, length - 1].map((at) => Math.abs(numbers[at]! - values[at]!))),
    ).toBeLessThan(1e-9)
    await expect(
      client.models.create({ model: 'larger', format: FORMAT, shape: [1_048_577] }),
    ).rejects.toMatchObject({
      code: 'model_unsound',
    })
  })

  it('refuse what does not fit, and name it in the round', async () => {
    await modelOf('strict', [0, 0])
    const silent: TrainingHandler = () => new Promise(() => undefined)
    for (const agentId of ['a1', 'a2', 'a3']) await join(agentId, silent)
    const open = { model: 'strict', aggregator: { kind: 'median' }, durationMs: 60_000 } as const
    await expect(
      client.models.openRound({ ...open, aggregator: { kind: 'krum', byzantineMax: 1 } }),
    ).rejects.toMatchObject({ code: 'round_refused', details: { reason: 'too_few_agents' } })
    await expect(client.models.openRound({ ...open, model: 'none' })).rejects.toMatchObject({
      code: 'model_not_found',
    })
    await expect(client.models.openRound({ ...open, agentId: 'a1' })).rejects.toMatchObject({
      details: { reason: 'not_leader' },
    })
    const { roundId } = await client.models.openRound(open)
    await expect(client.models.openRound(open)).rejects.toMatchObject({
      details: { reason: 'model_in_training' },
    })
    const update = { baseVersion: 1, sampleCount: 1, format: FORMAT } as const
    const send = (agentId: string, numbers: readonly number[], change: object = {}) =>
      client.models.sendUpdate(roundId, agentId, { ...update, numbers, ...change })
    const refused = (reason: string) => ({ code: 'update_refused', details: { reason } })
    await expect(send('a1', [1, Number.NaN])).rejects.toMatchObject(refused('not_finite'))
    await expect(send('a1', [1, Number.POSITIVE_INFINITY])).rejects.toMatchObject(refused('not_finite'))
    await expect(send('a1', [1])).rejects.toMatchObject(refused('wrong_shape'))
    await expect(send('a1', [1, 2], { format: 'float32' })).rejects.toMatchObject(refused('wrong_shape'))
    await expect(send('a1', [1, 2], { baseVersion: 9 })).rejects.toMatchObject(refused('stale_round'))
    await expect(send('a1', [1, 2], { sampleCount: 0 })).rejects.toMatchObject({ code: 'validation_failed' })
    await send('a1', [1, 2])
    await expect(send('a1', [1, 2])).rejects.toMatchObject(refused('duplicate'))
    await expect(send('stranger', [1, 2])).rejects.toMatchObject({ code: 'agent_not_found' })
    const { refusals } = await client.models.round(roundId)
    expect(refusals).toHaveLength(6)
    await expect(
      as('viewer').models.sendUpdate(roundId, 'a2', { ...update, numbers: [1, 2] }),
    ).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(as('viewer').models.closeRound(roundId)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(as('other').models.round(roundId)).rejects.toMatchObject({ code: 'round_not_found' })
    await client.models.closeRound(roundId)
    expect(await finished(roundId)).toMatchObject({ status: 'completed', closedBy: 'operator' })
    await expect(send('a2', [1, 2])).rejects.toMatchObject(refused('round_closed'))
    const other = await client.models.openRound(open)
    expect(await client.models.cancelRound(other.roundId)).toMatchObject({
      status: 'failed',
      failure: 'canceled',
    })
  })

  it.each(['..', 'a/b', '__proto__', 'ключ'])('refuse the model name %j', async (model) => {
    await expect(client.models.create({ model, format: FORMAT, shape: [1] })).rejects.toMatchObject({
      code: 'validation_failed',
    })
  })
})
