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

/** Memory is measured in a server of its own: whoever throws garbage away to measure it keeps the processor busy. */
async function openIdleAgents({ scale }: Effort): Promise<Session> {
  const agents = Math.ceil(AGENTS * scale)
  const memory = await memoryPerAgent(agents)
  const { server, client } = await startIdle({ isInspected: false })
  await client.call('connectMore', { agents })
  return {
    round: async (effort) => ({ agents, memory, cpu: await cpuPercent(server, WATCH_MS * effort.scale) }),
    close: async () => {
      await client.close()
      await server.close()
    },
  }
}

/** In kilobytes. */
async function memoryPerAgent(agents: number): Promise<number> {
  const { server, client } = await startIdle({ isInspected: true })
  // A few that came before, so that the code and the pools that all share are not counted.
  await client.call('connectMore', { agents: 100 })
  const before = await server.memoryBytes()
  await client.call('connectMore', { agents })
  const used = (await server.memoryBytes()) - before
  await client.close()
  await server.close()
  return used / agents / 1_000
}

async function startIdle({ isInspected }: { readonly isInspected: boolean }) {
  const environment = { AMOS_LEASE_MS: String(LEASE_MS) }
  const server = await startAmos('amos-synced', { environment, isInspected })
  const client = await BenchProcess.start<AmosIdleClientCalls>('bench/programs/amos-idle-client.ts')
  await client.call('open', { url: server.url, leaseMs: LEASE_MS })
  return { server, client }
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
