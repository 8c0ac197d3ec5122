import { afterEach, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { eventually } from '../helpers/eventually.ts'
import { TcpProxy } from '../helpers/tcp-proxy.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const MESSAGES = 400
const ALL = Array.from({ length: MESSAGES }, (_, index) => index)
const SENDERS = ['ada', 'cy', 'dee', 'eve']

interface Outcome {
  /** In the order they were sent. */
  readonly handled: readonly unknown[]
  /** Still in the inbox. */
  readonly left: readonly unknown[]
}

describe('durable messages over connections that break', { timeout: 120_000 }, () => {
  let node: TestNode | undefined
  let proxy: TcpProxy | undefined
  const agents: SwarmAgent[] = []

  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await proxy?.close()
    await node?.close()
  })

  /** @param cutsAt how many messages are dealt with when the receiver's connection breaks */
  async function run(cutsAt: readonly number[], frames: 'json' | 'msgpack'): Promise<Outcome> {
    node = await startTestNode({ AMOS_BREAKER_FAILURES_MAX: '1000' })
    proxy = await TcpProxy.listen(node.url)
    const cuts = [...cutsAt]
    const handled: unknown[] = []
    const receiver = new SwarmAgent({ url: proxy.url, agentId: 'bob', frames })
    // Several, since the messages of one are kept one after the other.
    const senders = SENDERS.map((agentId) => new SwarmAgent({ url: node?.url ?? '', agentId }))
    agents.push(receiver, ...senders)
    receiver.onMessage(async ({ payload }) => {
      await new Promise((resolve) => setImmediate(resolve))
      handled.push(payload)
      if (handled.length !== cuts[0]) return
      cuts.shift()
      proxy?.cut()
    })
    await Promise.all([receiver, ...senders].map((agent) => agent.start()))
    await Promise.all(
      ALL.map((index) =>
        (senders[index % SENDERS.length] ?? receiver).send('bob', index, { isDurable: true }),
      ),
    )
    const client = new SwarmClient({ url: node.url })
    const inbox = async () => (await client.inbox('bob')).messages.map(({ payload }) => payload)
    await eventually(async () => handled.length >= MESSAGES && (await inbox()).length === 0, {
      timeoutMs: 60_000,
      what: () => `${MESSAGES} messages; ${handled.length} were handled`,
    })
    return { handled: handled.toSorted((a, b) => Number(a) - Number(b)), left: await inbox() }
  }

  it.each([
    ['none', [], 'json'],
    ['one', [150], 'json'],
    ['one', [150], 'msgpack'],
    ['one at the very first', [1], 'json'],
    ['one at the very last', [MESSAGES], 'json'],
  ] as const)(
    'are all handled once and acknowledged: %s, %j, in %s frames',
    async (_name, cutsAt, frames) => {
      expect(await run(cutsAt, frames)).toEqual({ handled: ALL, left: [] })
    },
  )

  it.each([1, 2, 3, 4])(
    'are all handled once and acknowledged over cuts at random, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed)
      const cutsAt = Array.from({ length: 6 }, () => 1 + Math.floor(random.next() * (MESSAGES - 1)))
      const cuts = [...new Set(cutsAt)].toSorted((a, b) => a - b)
      const outcome = await run(cuts, seed % 2 === 0 ? 'json' : 'msgpack')
      expect(outcome).toEqual({ handled: ALL, left: [] })
    },
  )
})
