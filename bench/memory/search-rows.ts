import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import MiniSearch from 'minisearch'
import { type IndexChange, MEMORY_INDEX } from '#domain/intelligence/memory/search/index-program.ts'
import { MemoryIndex } from '#domain/intelligence/memory/search/memory-index.ts'
import { DEFAULT_WEIGHTS } from '#domain/intelligence/memory/search/value-text.ts'
import { ThreadWorkers } from '#infra/system/workers/thread-workers.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { randomTexts, vocabulary, zipf } from './corpus.ts'

const WORDS = vocabulary(30_000)
const QUERIES = 300
const CHUNK = 250
const DIMENSIONS = 384
const IDLE_MS = 3_000

interface Figures {
  readonly p50Ms: number
  readonly p95CommonMs: number
  readonly plainP50Ms: number
  readonly plainP95CommonMs: number
  readonly bytesPerRecord: number
  readonly buildRatio: number
  readonly loopDelayMaxMs: number
  /** The same for as long without any work: what other processes of the machine do. */
  readonly idleDelayMaxMs: number
}

/** Time, memory and blocking of the index at 100 000 records of 20 words. */
export async function searchRows({
  seeds,
  isQuick,
  onProgress,
}: ProtocolRequest): Promise<readonly ProtocolRow[]> {
  const count = isQuick ? 20_000 : 100_000
  const runs: Figures[] = []
  for (const seed of seeds) {
    onProgress(`search, seed ${seed}`)
    runs.push(await measure(seed, count))
  }
  const of = (name: keyof Figures): readonly number[] => runs.map((run) => run[name])
  const plain = 'contextWeight 0'
  return [
    {
      what: `search of ${count} records, p50, ms`,
      figures: of('p50Ms'),
      bar: { is: 'at most', limit: 5 },
      ablation: { what: plain, figures: of('plainP50Ms') },
    },
    {
      what: 'three of the ten most common words, p95, ms',
      figures: of('p95CommonMs'),
      bar: { is: 'at most', limit: 100 },
      ablation: { what: plain, figures: of('plainP95CommonMs') },
    },
    {
      what: 'memory beside the text, bytes a record',
      figures: of('bytesPerRecord'),
      bar: { is: 'at most', limit: 1_500 },
    },
    { what: 'time to build, × minisearch', figures: of('buildRatio'), bar: { is: 'at most', limit: 2 } },
    {
      what: 'event-loop delay while indexing, max, ms',
      figures: of('loopDelayMaxMs'),
      bar: { is: 'at most', limit: 50 },
      ablation: { what: 'idle for 3 s', figures: of('idleDelayMaxMs') },
    },
    {
      what: `vector search of ${vectorCount(isQuick)} × ${DIMENSIONS}, p50, ms`,
      figures: [await vectorP50(vectorCount(isQuick))],
    },
  ]
}

async function measure(seed: number, count: number): Promise<Figures> {
  const random = new SeededRandom(seed)
  const texts = randomTexts(random, { count, wordCount: 20, words: WORDS })
  const before = usedBytes()
  const index = new MemoryIndex()
  const build = cpuOf(() => {
    for (const [at, text] of texts.entries()) index.put(recordOf(at, text))
  })
  const bytesPerRecord = (usedBytes() - before) / count
  const mini = new MiniSearch<{ id: number; text: string }>({ fields: ['text'] })
  const miniBuild = cpuOf(() => {
    for (const [id, text] of texts.entries()) mini.add({ id, text })
  })
  const words = (): string => Array.from({ length: 3 }, () => WORDS[zipf(random, WORDS.length)]).join(' ')
  const common = (): string => Array.from({ length: 3 }, () => WORDS[random.integer(10)]).join(' ')
  const queries = Array.from({ length: QUERIES }, words)
  const commonQueries = Array.from({ length: QUERIES / 3 }, common)
  // The first searches run in code that is not compiled yet.
  for (const contextWeight of [0.5, 0]) times(index, [...queries, ...commonQueries], contextWeight)
  return {
    p50Ms: quantile(times(index, queries, 0.5), 0.5),
    plainP50Ms: quantile(times(index, queries, 0), 0.5),
    p95CommonMs: quantile(times(index, commonQueries, 0.5), 0.95),
    plainP95CommonMs: quantile(times(index, commonQueries, 0), 0.95),
    bytesPerRecord,
    buildRatio: build / miniBuild,
    loopDelayMaxMs: await loopDelay(texts),
    idleDelayMaxMs: await loopDelay([]),
  }
}

function recordOf(at: number, text: string): Parameters<MemoryIndex['put']>[0] {
  const sequence = { name: `s${Math.floor(at / 50)}`, position: at }
  return {
    id: `public:key-${at}`,
    namespace: 'public',
    fields: [{ text, weight: 1 }],
    timeMs: at,
    tags: [],
    sequence,
  }
}

function times(index: MemoryIndex, queries: readonly string[], contextWeight: number): readonly number[] {
  return queries.map((text) => {
    const startedAt = performance.now()
    index.search({ filter: { namespaces: ['public'] }, nowMs: 0, text, contextWeight, countMax: 10 })
    return performance.now() - startedAt
  })
}

/** The longest that the event loop was held while a worker indexed all records, chunk by chunk, as a takeover does. */
async function loopDelay(texts: readonly string[]): Promise<number> {
  const workers = new ThreadWorkers()
  const session = workers.open(MEMORY_INDEX, undefined, () => undefined)
  await session.call('statistics', undefined)
  const monitor = monitorEventLoopDelay({ resolution: 1 })
  monitor.enable()
  for (let from = 0; from < texts.length; from += CHUNK) {
    const changes = texts.slice(from, from + CHUNK).map((text, offset): IndexChange => {
      const { fields: _, ...record } = recordOf(from + offset, text)
      return {
        type: 'put',
        entry: { ...record, key: record.id, value: JSON.stringify(text), weights: DEFAULT_WEIGHTS },
      }
    })
    await session.call('apply', changes)
  }
  if (texts.length === 0) await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  monitor.disable()
  await workers.close()
  return monitor.max / 1e6
}

const vectorCount = (isQuick: boolean): number => (isQuick ? 20_000 : 100_000)

async function vectorP50(count: number): Promise<number> {
  const random = new SeededRandom(1)
  const vector = (): Float32Array => Float32Array.from({ length: DIMENSIONS }, () => random.next() - 0.5)
  const index = new MemoryIndex()
  for (let at = 0; at < count; at += 1)
    index.put({ id: String(at), namespace: 'public', fields: [], timeMs: 0, tags: [], embedding: vector() })
  const spent = Array.from({ length: 20 }, () => {
    const query = vector()
    const startedAt = performance.now()
    index.search({
      filter: { namespaces: ['public'] },
      nowMs: 0,
      vector: query,
      contextWeight: 0,
      countMax: 10,
    })
    return performance.now() - startedAt
  })
  return quantile(spent, 0.5)
}

function cpuOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
