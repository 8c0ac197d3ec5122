import { BenchProcess } from '../harness/bench-process.ts'
import type { Contender, Sample, Scenario, Session } from '../harness/scenario.ts'
import { describeAmos, startAmos } from '../peers/amos-server.ts'
import type { TenantClientCalls } from '../programs/tenant-client.ts'

const CONNECTIONS = 64
const REQUESTS = 1_000
const KEYS = { quiet: 'the-key-of-the-quiet-one', loud: 'the-key-of-the-loud-one' }
const API_KEYS = Object.entries(KEYS).map(([tenant, key]) => ({
  name: tenant,
  tenant,
  roles: ['admin'],
  key,
}))

interface Loud {
  /** Tasks in one request of the other tenant. */
  readonly tasks: number
}

/** What one tenant's requests cost another tenant. */
export const fairShares: Scenario = {
  name: 'fair-shares',
  title: `Submits of one tenant, alone and beside ${CONNECTIONS} connections of another one`,
  metrics: [
    { name: 'p50', unit: 'µs', better: 'lower' },
    { name: 'p99', unit: 'µs', better: 'lower' },
    { name: 'otherRate', unit: '1/s', better: 'higher' },
  ],
  baseline: 'alone',
  bars: ['beside-submits', 'beside-batches'].map((contender) => ({
    contender,
    metric: 'p99',
    of: 'ratio',
    limit: 1.5,
  })),
  contenders: [
    contender('alone', 'no other tenant', undefined),
    contender('beside-submits', 'the other one submits single tasks', { tasks: 1 }),
    contender('beside-batches', 'the other one submits batches of 100', { tasks: 100 }),
  ],
}

function contender(name: string, about: string, loud: Loud | undefined): Contender {
  return { name, about: `${about}; ${describeAmos('amos-synced')}`, open: () => openTenants(loud) }
}

async function openTenants(loud: Loud | undefined): Promise<Session> {
  const server = await startAmos('amos-synced', {
    environment: { AMOS_API_KEYS: JSON.stringify(API_KEYS), AMOS_OPEN_TASKS_MAX: '10000000' },
  })
  const [quietOne, loudOne] = await Promise.all([
    tenant(server.url, KEYS.quiet),
    tenant(server.url, KEYS.loud),
  ])
  return {
    round: async ({ scale }): Promise<Sample> => {
      if (loud !== undefined) await loudOne.call('load', { connections: CONNECTIONS, tasks: loud.tasks })
      const { p50, p99 } = await quietOne.call('latency', { requests: Math.ceil(REQUESTS * scale) })
      const otherRate = loud === undefined ? 0 : await loudOne.call('stop')
      return { p50, p99, otherRate }
    },
    close: async () => {
      await Promise.all([quietOne.close(), loudOne.close()])
      await server.close()
    },
  }
}

async function tenant(url: string, key: string): Promise<BenchProcess<TenantClientCalls>> {
  const client = await BenchProcess.start<TenantClientCalls>('bench/programs/tenant-client.ts')
  await client.call('open', { url, key })
  return client
}
