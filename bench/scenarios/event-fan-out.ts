import { BenchProcess } from '../harness/bench-process.ts'
import type { Contender, Sample, Scenario } from '../harness/scenario.ts'
import { type AmosServer, describeAmos, startAmos } from '../peers/amos-server.ts'
import type { AmosEventClientCalls } from '../programs/amos-event-client.ts'
import { fanOut } from './fan-out.ts'

const SUBSCRIBERS = 100
const LATENCY_EVENTS = 400
const BATCH_EVENTS = 4_000

/** The messages of the fan-out over a bare WebSocket, beside events that are stored before anybody sees them. */
export const eventFanOut: Scenario = {
  name: 'event-fan-out',
  title: 'Events of one swarm to 100 subscribers: from submit until the last has it, then in batches',
  metrics: fanOut.metrics,
  baseline: fanOut.baseline,
  bars: [{ contender: 'amos-committed', metric: 'hubCpu', of: 'value', limit: 1 }],
  contenders: [...fanOut.contenders.filter(({ name }) => name === fanOut.baseline), amosEvents()],
}

function amosEvents(): Contender {
  return {
    name: 'amos-committed',
    about: `events of submitted tasks over the stream, ${describeAmos('amos-committed')}; CPU beyond that without subscribers`,
    open: async () => {
      const server = await startAmos('amos-committed', { environment: { AMOS_OPEN_TASKS_MAX: '1000000' } })
      const client = await BenchProcess.start<AmosEventClientCalls>('bench/programs/amos-event-client.ts')
      await client.call('open', { url: server.url, subscribers: SUBSCRIBERS })
      return {
        round: ({ scale }) => measureRound(server, client, scale),
        close: async () => {
          await client.close()
          await server.close()
        },
      }
    },
  }
}

async function measureRound(
  server: AmosServer,
  client: BenchProcess<AmosEventClientCalls>,
  scale: number,
): Promise<Sample> {
  const { p50, p99 } = await client.call('latency', { events: Math.ceil(LATENCY_EVENTS * scale) })
  const events = Math.ceil(BATCH_EVENTS * scale)
  const deliveries = events * SUBSCRIBERS
  const before = await server.cpuMicros()
  await client.call('submitUnseen', { events })
  const between = await server.cpuMicros()
  const elapsedMs = await client.call('submitSeen', { events })
  const after = await server.cpuMicros()
  const hubCpu = (after - between - (between - before)) / deliveries
  return { p50, p99, rate: (deliveries / elapsedMs) * 1_000, hubCpu }
}
