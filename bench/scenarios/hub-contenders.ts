import { BenchProcess } from '../harness/bench-process.ts'
import type { Contender, Sample } from '../harness/scenario.ts'
import { describeAmos, startAmos } from '../peers/amos-server.ts'
import type { Hub } from '../peers/hub.ts'
import { natsServerPath, startNatsHub } from '../peers/nats-hub.ts'
import { startNodeHub } from '../peers/node-hub.ts'
import { startRedisHub } from '../peers/redis-hub.ts'
import { packageVersion, programVersion } from '../peers/versions.ts'
import type { PubSubName, RelayClientCalls } from '../programs/relay-client.ts'

export interface HubLoad {
  readonly subscribers: number
  /** Messages sent one at a time in a round, to measure latency. */
  readonly messages: number
  readonly saturateMs: number
  /** Messages under way while saturated. */
  readonly inFlight: number
}

/** Our hub and those of others, each a process of its own, its clients together in another, under one load. */
export function hubContenders(load: HubLoad): Contender[] {
  const natsAbsence = natsServerPath() === undefined ? { absence: 'nats-server is not installed' } : {}
  return [
    contender('amos', describeAmos('amos-committed'), () => startAmos('amos-committed'), load),
    contender('ws', packageVersion('ws'), () => startNodeHub('ws-hub.ts'), load),
    contender('socket.io', packageVersion('socket.io'), () => startNodeHub('socket-io-hub.ts'), load),
    contender(
      'redis',
      `pub/sub of ${programVersion('redis-server')}, ${packageVersion('ioredis')}`,
      startRedisHub,
      load,
    ),
    {
      ...contender(
        'nats',
        `${programVersion('nats-server')}, ${packageVersion('@nats-io/transport-node')}`,
        startNatsHub,
        load,
      ),
      ...natsAbsence,
    },
  ]
}

function contender(name: PubSubName, about: string, startHub: () => Promise<Hub>, load: HubLoad): Contender {
  return {
    name,
    about,
    open: async () => {
      const hub = await startHub()
      const client = await BenchProcess.start<RelayClientCalls>('bench/programs/relay-client.ts')
      await client.call('open', { pubSub: name, url: hub.url, subscribers: load.subscribers })
      return {
        round: ({ scale }) => measureRound(hub, client, load, scale),
        close: async () => {
          await client.close()
          await hub.close()
        },
      }
    },
  }
}

async function measureRound(
  hub: Hub,
  client: BenchProcess<RelayClientCalls>,
  { messages, saturateMs, inFlight }: HubLoad,
  scale: number,
): Promise<Sample> {
  const { p50, p99 } = await client.call('latency', { messages: Math.ceil(messages * scale) })
  const cpuBefore = await hub.cpuMicros()
  const { deliveries, elapsedMs } = await client.call('saturate', {
    durationMs: saturateMs * scale,
    inFlight,
  })
  const cpuMicros = (await hub.cpuMicros()) - cpuBefore
  return { p50, p99, rate: (deliveries / elapsedMs) * 1_000, hubCpu: cpuMicros / deliveries }
}
