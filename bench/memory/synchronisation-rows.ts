import { SwarmClient } from '#sdk/index.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { type AmosName, startAmos } from '../peers/amos-server.ts'

const RECORDS = 10_000
const AGENTS = 1_000
const BATCH = 500
const NAMESPACE = 'sync'

interface Figures {
  readonly replicaMs: number
  readonly agentsMs: number
  readonly rebuildMs: number
}

/** How long a joining replica needs for all records and agents, and a killed server until its search is complete again. */
export async function synchronisationRows({
  seeds,
  onProgress,
}: ProtocolRequest): Promise<readonly ProtocolRow[]> {
  const rows: ProtocolRow[] = []
  for (const name of ['amos-committed', 'amos-redis'] as const) {
    const runs: Figures[] = []
    for (const seed of seeds) {
      onProgress(`synchronisation on ${name}, seed ${seed}`)
      runs.push(await measure(name))
    }
    const bar = { is: 'at most', limit: 1_000 } as const
    rows.push(
      {
        what: `${name}: replica has ${RECORDS} records, ms`,
        figures: runs.map(({ replicaMs }) => replicaMs),
        bar,
      },
      { what: `${name}: list of ${AGENTS} agents, ms`, figures: runs.map(({ agentsMs }) => agentsMs), bar },
      {
        what: `${name}: ready after kill -9 until search is complete, ms`,
        figures: runs.map(({ rebuildMs }) => rebuildMs),
      },
    )
  }
  return rows
}

async function measure(name: AmosName): Promise<Figures> {
  const server = await startAmos(name)
  try {
    const client = new SwarmClient({ url: server.url })
    await fill(client)
    const replica = client.memory.replica(NAMESPACE)
    const replicaMs = await timed(async () => {
      const { pulledCount } = await replica.sync()
      if (pulledCount !== RECORDS) throw new Error(`the replica has ${pulledCount} records`)
    })
    const agentsMs = await timed(async () => {
      for (let pageToken: string | undefined; ; ) {
        const page = await client.listAgents({
          pageSize: 100,
          ...(pageToken === undefined ? {} : { pageToken }),
        })
        if (page.nextPageToken === undefined) return
        pageToken = page.nextPageToken
      }
    })
    await server.kill9()
    await server.start()
    const rebuildMs = await timed(async () => {
      for (;;) if ((await client.memory.search({ text: 'record' })).isComplete) return
    })
    return { replicaMs, agentsMs, rebuildMs }
  } finally {
    await server.close()
  }
}

/** Half of the records are plain, half are registers. */
async function fill(client: SwarmClient): Promise<void> {
  for (let from = 0; from < RECORDS / 2; from += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, offset) => from + offset)
    const text = (n: number): string => `record ${n} with a few words that somebody may look for one day`
    await client.memory.putMany(
      NAMESPACE,
      numbers.map((n) => ({ key: `value-${n}`, value: { text: text(n) } })),
    )
    await client.memory.merge(
      NAMESPACE,
      numbers.map((n) => ({
        key: `register-${n}`,
        state: { type: 'lww', value: JSON.stringify(text(n)), stamp: [1_700_000_000_000 + n, 0, 'bench'] },
      })),
    )
  }
  for (let from = 0; from < AGENTS; from += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, offset) => client.registerAgent({ agentId: `agent-${from + offset}` })),
    )
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
