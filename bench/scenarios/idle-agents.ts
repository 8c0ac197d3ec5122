import { setTimeout as delay } from 'node:timers/promises'
import { BenchProcess } from '../harness/bench-process.ts'
import type { Effort, Scenario, Session } from '../harness/scenario.ts'
import { type AmosServer, describeAmos, startAmos } from '../peers/amos-server.ts'
import type { AmosIdleClientCalls } from '../programs/amos-idle-client.ts'

const AGENTS = 10_000
const LEASE_MS = 10_000
const WATCH_MS = 20_000
/** Open files that are no connections. */
const OTHER_FILES = 100

export const idleAgents: Scenario = {
  name: 'idle-agents',
  title: 'Idle agents on one node, each with its channel and a heartbeat every 3.3 s',
  metrics: [
    { name: 'agents', unit: '', better: 'higher' },
    { name: 'memory', unit: 'kB/agent', better: 'lower' },
    { name: 'cpu', unit: '% of a core', better: 'lower' },
  ],
  baseline: 'amos-synced',
  bars: [
    { contender: 'amos-synced', metric: 'memory', of: 'value', limit: 20 },
    { contender: 'amos-synced', metric: 'cpu', of: 'value', limit: 15 },
  ],
  contenders: [
    { name: 'amos-synced', about: describeAmos('amos-synced'), ...absence(), open: openIdleAgents },
  ],
}

async function openIdleAgents({ scale }: Effort): Promise<Session> {
  const agents = Math.ceil(AGENTS * scale)
  const server = await startAmos('amos-synced', {
    environment: { AMOS_LEASE_MS: String(LEASE_MS) },
    isInspected: true,
  })
  const client = await BenchProcess.start<AmosIdleClientCalls>('bench/programs/amos-idle-client.ts')
  await client.call('open', { url: server.url, leaseMs: LEASE_MS })
  // A few that came before, so that the code and the pools that all share are not counted.
  await client.call('connectMore', { agents: 100 })
  const bytesBefore = await server.memoryBytes()
  await client.call('connectMore', { agents })
  return {
    round: async (effort) => {
      // First, as collecting garbage keeps other threads at work for a while.
      const cpu = await cpuPercent(server, WATCH_MS * effort.scale)
      return { agents, cpu, memory: ((await server.memoryBytes()) - bytesBefore) / agents / 1_000 }
    },
    close: async () => {
      await client.close()
      await server.close()
    },
  }
}

async function cpuPercent(server: AmosServer, durationMs: number): Promise<number> {
  const begun = performance.now()
  const before = await server.cpuMicros()
  await delay(durationMs)
  const usedMs = ((await server.cpuMicros()) - before) / 1_000
  return (usedMs / (performance.now() - begun)) * 100
}

/** Server and client each hold one end of every connection. */
function absence(): { readonly absence?: string } {
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits: { readonly open_files: { readonly hard: number | 'unlimited' } }
  }
  const { hard } = userLimits.open_files
  const wanted = AGENTS + OTHER_FILES
  return hard === 'unlimited' || hard >= wanted
    ? {}
    : { absence: `a process may open ${hard} files here, and this needs ${wanted} (ulimit -n)` }
}
