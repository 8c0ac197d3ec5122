import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import { checkStore } from '#infra/embedded/store-check.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { bundle } from '../helpers/chaos/bundle.ts'
import { spawnProcess } from '../helpers/process.ts'
import { type Inspection, SAMPLE_STEPS, writeSample } from './programs/store-inspector.ts'

const PAGE_BYTES = 4_096
const FLIPS_PER_KIND = 24
const SEED = Number(process.env['AMOS_SEED'] ?? 1)

let folder: string
let wholeStore: string
let cases: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'amos-damage-'))
  wholeStore = join(folder, 'whole')
  cases = join(folder, 'cases')
  const infra = await createEmbeddedInfra(
    { dataDir: wholeStore, durability: 'synced' },
    { clock: new SystemClock(), logger: new MemoryLogger() },
  )
  await writeSample(infra, 1, SAMPLE_STEPS)
  await infra.close()
})
afterEach(() => rmSync(cases, { recursive: true, force: true }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const databaseOf = (directory: string): string => join(directory, 'swarm.mdb')

/** A copy of the whole store, changed. */
function makeCase(name: string, change: (directory: string) => void): void {
  const directory = join(cases, name)
  mkdirSync(directory, { recursive: true })
  cpSync(wholeStore, directory, { recursive: true })
  change(directory)
}

/** What a process of its own finds in all cases. */
async function inspectCases(): Promise<readonly Inspection[]> {
  const program = await bundle('test/contract/programs/store-inspector.ts', { external: ['lmdb'] })
  const inspector = spawnProcess(process.execPath, [program, cases])
  const exit = await inspector.exited
  expect(exit, inspector.output).toEqual({ code: 0, signal: null })
  return [...inspector.output.matchAll(/^found (.*)$/gm)].map(
    ([, json = '']) => JSON.parse(json) as Inspection,
  )
}

const wrongOf = (found: readonly Inspection[]): readonly Inspection[] =>
  found.filter(({ wrong }) => wrong.length > 0)

type PageKind = 'meta' | 'branch' | 'leaf' | 'overflow'

/** Numbers of the pages that the newest transaction uses, by what they hold: those that are missed when they are zeroed. */
function pagesInUse(): Readonly<Record<PageKind, readonly number[]>> {
  const whole = readFileSync(databaseOf(wholeStore))
  const path = join(folder, 'zeroed.mdb')
  const { pageCount } = checkStore(databaseOf(wholeStore))
  const inUse: Record<PageKind, number[]> = { meta: [0, 1], branch: [], leaf: [], overflow: [] }
  const kinds: Readonly<Record<number, PageKind>> = { 1: 'branch', 2: 'leaf', 4: 'overflow' }
  for (let page = 2; page < pageCount; page += 1) {
    const kind = kinds[whole.readUInt16LE(page * PAGE_BYTES + 18)]
    if (kind === undefined) continue
    const bytes = Buffer.from(whole)
    writeFileSync(path, bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES))
    if (isRefused(path)) inUse[kind].push(page)
  }
  return inUse
}

function isRefused(path: string): boolean {
  try {
    checkStore(path)
    return false
  } catch {
    return true
  }
}

/** Where a page of the kind says anything: not the room between its entries, not what is behind the meta data. */
function bytesInUse(kind: PageKind, page: Buffer): readonly number[] {
  const offsets = Array.from({ length: PAGE_BYTES }, (_, offset) => offset)
  if (kind === 'overflow') return offsets
  // The meta page of the newest flushed transaction stands in the middle of the first one.
  if (kind === 'meta') return offsets.filter((offset) => offset % (PAGE_BYTES / 2) < 168)
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)]
  return offsets.filter((offset) => offset < 24 + lower || offset >= 24 + upper)
}

describe('a store with a changed bit', () => {
  it.each(['meta', 'branch', 'leaf', 'overflow'] as const)(
    'in a %s page is refused, or names what is damaged, and gives out nothing else',
    async (kind) => {
      const pages = pagesInUse()[kind]
      const whole = readFileSync(databaseOf(wholeStore))
      const random = new SeededRandom(SEED)
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)]!
      for (let flip = 0; flip < FLIPS_PER_KIND; flip += 1) {
        const page = pick(pages)
        const offset = pick(bytesInUse(kind, whole.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)))
        const bit = Math.floor(random.next() * 8)
        makeCase(`${kind}-page-${page}-byte-${offset}-bit-${bit}`, (directory) => {
          const bytes = Buffer.from(whole)
          const at = page * PAGE_BYTES + offset
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
          writeFileSync(databaseOf(directory), bytes)
        })
      }
      const found = await inspectCases()
      expect(wrongOf(found), `replay: AMOS_SEED=${SEED}`).toEqual([])
      const noticed = found.filter(({ refused, damagedCount }) => refused !== undefined || damagedCount > 0)
      // Some bits say nothing: flags that LMDB does not use, the older of two meta pages, the end of a last page.
      expect(noticed.length / found.length).toBeGreaterThan(kind === 'meta' ? 0.1 : 0.5)
    },
  )
})

describe('a store with pages that are gone', () => {
  it('is refused, or names what is damaged, whichever page is zeroed', async () => {
    const { branch, leaf, overflow } = pagesInUse()
    for (const page of [...branch, ...leaf.slice(0, 20), ...overflow.slice(0, 5)]) {
      makeCase(`page-${page}`, (directory) => {
        const bytes = readFileSync(databaseOf(directory))
        bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
        writeFileSync(databaseOf(directory), bytes)
      })
    }
    const found = await inspectCases()
    expect(wrongOf(found)).toEqual([])
    expect(found.filter(({ refused }) => refused === undefined)).toEqual([])
  })

  it('is refused with a sentence, however long the file is', async () => {
    const { pageCount } = checkStore(databaseOf(wholeStore))
    const lengths = [0, 1, 100, PAGE_BYTES, 2 * PAGE_BYTES, 3 * PAGE_BYTES, (pageCount * PAGE_BYTES) / 2]
    for (const length of lengths) {
      makeCase(`length-${length}`, (directory) => truncateSync(databaseOf(directory), length))
    }
    const found = await inspectCases()
    expect(wrongOf(found)).toEqual([])
    expect(found.filter(({ refused }) => refused === undefined)).toEqual([])
  })

  it('is refused without its meta pages, without its database, and beside the database of another', async () => {
    makeCase('meta-zeroed', (directory) => {
      const bytes = readFileSync(databaseOf(directory))
      writeFileSync(databaseOf(directory), bytes.fill(0, 0, 2 * PAGE_BYTES))
    })
    makeCase('second-meta-zeroed', (directory) => {
      const bytes = readFileSync(databaseOf(directory))
      writeFileSync(databaseOf(directory), bytes.fill(0, PAGE_BYTES, 2 * PAGE_BYTES))
    })
    makeCase('no-database', (directory) => rmSync(databaseOf(directory)))
    makeCase('text', (directory) =>
      writeFileSync(databaseOf(directory), 'this is no database\n'.repeat(5_000)),
    )
    const other = await createEmbeddedInfra(
      { dataDir: join(folder, 'other'), durability: 'synced' },
      { clock: new SystemClock(), logger: new MemoryLogger() },
    )
    await other.close()
    makeCase('another', (directory) => cpSync(databaseOf(join(folder, 'other')), databaseOf(directory)))
    const found = await inspectCases()
    const reasons: Readonly<Record<string, string>> = {
      'meta-zeroed': 'meta pages',
      'second-meta-zeroed': 'meta pages',
      'no-database': 'is missing',
      text: 'meta pages',
      another: 'was replaced',
    }
    expect(wrongOf(found)).toEqual([])
    for (const { name, refused } of found) expect(refused, name).toContain(reasons[name])
    expect(found).toHaveLength(Object.keys(reasons).length)
  })

  it('is opened without its marker and without the lock file of LMDB, which are made again', async () => {
    makeCase('no-marker', (directory) => rmSync(join(directory, 'store.json')))
    makeCase('marker-of-garbage', (directory) => writeFileSync(join(directory, 'store.json'), '\0\0'))
    makeCase('lock-of-garbage', (directory) =>
      writeFileSync(`${databaseOf(directory)}-lock`, Buffer.alloc(8_272, 0xff)),
    )
    const found = await inspectCases()
    expect(found.map(({ refused, wrong, damagedCount }) => ({ refused, wrong, damagedCount }))).toEqual(
      Array.from({ length: 3 }, () => ({ refused: undefined, wrong: [], damagedCount: 0 })),
    )
    expect(readFileSync(join(cases, 'no-marker', 'store.json'), 'utf8')).toBe(
      readFileSync(join(wholeStore, 'store.json'), 'utf8'),
    )
  })
})
