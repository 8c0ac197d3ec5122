import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anAgent, Cluster, type TestAgent } from '../../unit/domain/cluster.ts'
import { acknowledge, messagesTo, say, toAgent } from '../../unit/messaging/talk.ts'

type Move =
  | { readonly type: 'send'; readonly from: number; readonly isDurable: boolean }
  | { readonly type: 'broadcast'; readonly from: number }
  | { readonly type: 'leave' | 'return' | 'acknowledge' | 'switch' | 'pause' }

const sender = fc.integer({ min: 0, max: 2 })
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('send' as const), from: sender, isDurable: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('broadcast' as const), from: sender }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'leave' as const,
        'return' as const,
        'acknowledge' as const,
        'switch' as const,
        'pause' as const,
      ),
    }),
  },
)

const KINDS = [
  { kind: 'mesh' },
  { kind: 'ring', direction: 'one_way' },
  { kind: 'hierarchical', branching: 2 },
] as const

/** Receiver and senders at random: nothing waits for anything but where a move says so. */
async function run(moves: readonly Move[]) {
  const cluster = new Cluster()
  const node = await cluster.node()
  const receiver = await anAgent('receiver', node)
  const senders: TestAgent[] = []
  for (const name of ['x', 'y', 'z']) senders.push(await anAgent(name, node))
  const accepted = new Set<string>()
  const connections: TestAgent['told'][] = []
  const underWay: Promise<unknown>[] = []
  let serial = 0
  let switches = 0
  for (const move of moves) {
    if (move.type === 'send' || move.type === 'broadcast') {
      const agent = senders[move.from]!
      const messageId = `${agent.id}.${(serial += 1)}`
      const isDurable = move.type === 'send' && move.isDurable
      const to = move.type === 'send' ? toAgent('receiver') : ({ kind: 'broadcast' } as const)
      const sent = say(agent, node, to, messageId, { messageId, isDurable })
      underWay.push(
        sent.then(
          () => isDurable && accepted.add(messageId),
          () => undefined,
        ),
      )
    } else if (move.type === 'leave') {
      connections.push(receiver.told)
      underWay.push(receiver.detach())
    } else if (move.type === 'return') {
      connections.push(receiver.told)
      underWay.push(receiver.attach())
    } else if (move.type === 'acknowledge') {
      const ids = messagesTo(receiver).map(({ messageId }) => messageId)
      for (const id of ids) accepted.delete(id)
      underWay.push(acknowledge(receiver, node, ids).catch(() => undefined))
      await Promise.all(underWay.splice(0))
    } else if (move.type === 'switch') {
      underWay.push(node.service.swarm.update({ topology: KINDS[(switches += 1) % KINDS.length]! }))
    } else {
      await Promise.all(underWay.splice(0))
      await cluster.pass(0)
    }
  }
  await Promise.all(underWay)
  connections.push(receiver.told)
  await receiver.attach()
  await cluster.pass(200)
  connections.push(receiver.told)
  const last = new Set(messagesTo(receiver).map(({ messageId }) => messageId))
  return { accepted, connections, last }
}

describe('messages at random', () => {
  it('reach a connection in the order each sender sent them, once, and no durable one is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 60 }), async (moves) => {
        const { accepted, connections, last } = await run(moves)
        for (const told of new Set(connections)) {
          const ids = told.flatMap((delivery) =>
            delivery.type === 'message' ? [delivery.message.messageId] : [],
          )
          expect(new Set(ids).size).toBe(ids.length)
          for (const name of ['x', 'y', 'z']) {
            const serials = ids
              .filter((id) => id.startsWith(`${name}.`))
              .map((id) => Number(id.split('.')[1]))
            expect(serials).toEqual(serials.toSorted((a, b) => a - b))
          }
        }
        // What was written and acknowledged at once may still have been on its way when the agent went.
        for (const id of accepted) expect(last).toContain(id)
      }),
      { numRuns: 150 },
    )
  })
})
