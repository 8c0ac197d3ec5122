/** Agents that are there and have nothing to do: each answers pings, and says in time that it lives. */
import { answerCalls } from '../harness/calls.ts'
import { AmosAgent, registerAgent } from '../peers/amos-agent.ts'
import { AmosRest } from '../peers/amos-rest.ts'

export interface AmosIdleClientCalls {
  readonly open: (parameter: { url: string; leaseMs: number }) => void
  /** Resolves when so many more are welcome. */
  readonly connectMore: (parameter: { agents: number }) => Promise<void>
}

const CONNECTING_MAX = 50
const TICK_MS = 20
const HEARTBEATS_PER_LEASE = 3

let server: { readonly url: string; readonly rest: AmosRest } | undefined
const connected: AmosAgent[] = []

answerCalls<AmosIdleClientCalls>({
  open: ({ url, leaseMs }) => {
    server = { url, rest: new AmosRest(url) }
    keepAlive(leaseMs / HEARTBEATS_PER_LEASE)
  },
  connectMore: async ({ agents }) => {
    const first = connected.length
    const connectSome = async (lane: number): Promise<void> => {
      for (let index = lane; index < agents; index += CONNECTING_MAX)
        await connectOne(`agent-${first + index}`)
    }
    await Promise.all(Array.from({ length: CONNECTING_MAX }, (_, lane) => connectSome(lane)))
  },
})

async function connectOne(agentId: string): Promise<void> {
  if (server === undefined) throw new Error('call open first')
  await registerAgent(server.rest, agentId, 1)
  const noWork = { onAssigned: () => undefined, onCompleted: () => undefined }
  connected.push(await AmosAgent.connect(server.url, agentId, noWork))
}

/** Goes round the agents, so that heartbeats come evenly, as those of independent agents do. */
function keepAlive(everyMs: number): void {
  let next = 0
  let due = 0
  let lastAt = performance.now()
  setInterval(() => {
    const now = performance.now()
    due += ((now - lastAt) / everyMs) * connected.length
    lastAt = now
    for (; due >= 1; due--) {
      connected[next % connected.length]?.heartbeat()
      next += 1
    }
  }, TICK_MS)
}
