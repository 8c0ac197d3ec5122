import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import type { Infra } from '#infra/infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { dataOf } from '../helpers/event-data.ts'
import { eventually } from '../helpers/eventually.ts'
import { findExecutable } from '../helpers/find-executable.ts'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'
import { crashScope, leftId, rightId } from './embedded-child.ts'

const CHILD = 'test/contract/embedded-child.ts'
const STEPS = 10_000

let dataDir: string
let child: OwnedProcess | undefined

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'amos-crash-'))
})
afterEach(async () => {
  await child?.kill9()
  rmSync(dataDir, { recursive: true, force: true })
})

const spawnChild = (
  durability: Durability,
  command: string,
  env: Record<string, string> = {},
): OwnedProcess => {
  child = spawnSource(CHILD, [dataDir, durability, command], { env })
  return child
}
const reopen = (durability: Durability): Promise<Infra> =>
  createEmbeddedInfra({ dataDir, durability }, { clock: new SystemClock(), logger: new MemoryLogger() })

/** The highest step that the child said was answered; answers come in order. */
const lastAcknowledged = ({ output }: OwnedProcess): number =>
  Math.max(0, ...[...output.matchAll(/^ack (\d+)/gm)].map(([, step]) => Number(step)))

/** Checks that the steps 1…n stand whole, with n events without a hole. @returns n */
async function wholeSteps({ store }: Infra): Promise<number> {
  const steps: unknown[] = []
  for (let after = 0; ; ) {
    const { events } = await store.readEvents(crashScope, after, 1_000)
    if (events.length === 0) break
    for (const event of events) {
      expect(event.sequence).toBe(steps.length + 1)
      steps.push(dataOf(event, 'step'))
    }
    after = steps.length
  }
  const kept = [...steps.keys()].map((index) => index + 1)
  expect(steps).toEqual(kept)
  const values = async (idOf: (step: number) => string): Promise<readonly number[]> => {
    const keys = kept.map((step) => ({ kind: PAYLOAD_RECORDS, id: idOf(step) }) as const)
    return (await store.getMany(crashScope, keys)).map((record) => Number(record?.value))
  }
  expect(await values(leftId)).toEqual(kept)
  expect(await values(rightId)).toEqual(kept)
  const listed = await store.list({ scope: crashScope, kind: PAYLOAD_RECORDS, countMax: 3 * STEPS })
  expect(listed).toHaveLength(2 * kept.length)
  return kept.length
}

describe.each<Durability>(['synced', 'committed'])('kill -9, %s', (durability) => {
  it('has every acknowledged step after a kill in the middle of 10 000 writes, and no half step', async () => {
    const writer = spawnChild(durability, String(STEPS))
    await writer.waitForLine(/^ack 3\d{3}$/)
    await writer.kill9()
    const acknowledged = lastAcknowledged(writer)
    expect(acknowledged).toBeGreaterThanOrEqual(3_000)
    expect(acknowledged).toBeLessThan(STEPS)

    const infra = await reopen(durability)
    expect(await wholeSteps(infra)).toBeGreaterThanOrEqual(acknowledged)
    await infra.close()
  })

  it('goes on under a higher epoch and the next number after three kills in a row', async () => {
    const epochs: number[] = []
    for (let round = 0; round < 3; round += 1) {
      const writer = spawnChild(durability, String(STEPS))
      await writer.waitForLine(/^ack \d{3}$/)
      await writer.kill9()
      const infra = await reopen(durability)
      const { lastSequence } = await infra.store.readEvents(crashScope, 0, 1)
      expect(lastSequence).toBeGreaterThanOrEqual(100)
      const { events } = await infra.store.readEvents(crashScope, lastSequence - 1, 1)
      epochs.push(events[0]?.epoch ?? 0)
      await infra.close()
    }
    expect(new Set(epochs).size).toBe(3)
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
  })
})

it('keeps every step answered as synced when only what reached the disk is left', async () => {
  const writer = spawnChild('synced', String(STEPS))
  await writer.waitForLine(/^ack 2\d{3}$/)
  await writer.kill9()
  const acknowledged = lastAcknowledged(writer)
  // Makes lmdb open the newest transaction known to be flushed, as it does after a power failure.
  process.env['LMDB_RESTORE'] = 'safe'
  try {
    const infra = await reopen('synced')
    expect(await wholeSteps(infra)).toBeGreaterThanOrEqual(acknowledged)
    await infra.close()
  } finally {
    delete process.env['LMDB_RESTORE']
  }
})

it('refuses a data directory that another process has, and takes it over from a dead one', async () => {
  const holder = spawnChild('synced', 'hold')
  await holder.waitForLine('holding')
  await expect(reopen('synced')).rejects.toThrow(`is in use by process ${holder.pid}`)
  await holder.kill9()
  const infra = await reopen('synced')
  await expect(reopen('synced')).rejects.toThrow(`is in use by process ${process.pid}`)
  await infra.close()
  await (await reopen('synced')).close()
})

it('refuses writes at once on a full disk, still reads, and resumes by itself when there is room', async () => {
  const writer = spawnChild('synced', 'fill')
  await writer.waitForLine('ready')
  limitFileSize(writer.pid, statSync(join(dataDir, 'swarm.mdb')).size + 2_000_000)
  await writer.waitForLine(/^refused \d+ after \d+ ms, then unwritable/)
  await eventually(() => writer.output.match(/^refused/gm)?.length === 5)
  limitFileSize(writer.pid, 'unlimited')
  await writer.waitForLine('closed')

  const { output } = writer
  expect(output).not.toContain('broken')
  const refusals = [...output.matchAll(/^refused \d+ after (\d+) ms/gm)].map(([, ms]) => Number(ms))
  expect(Math.max(...refusals)).toBeLessThan(1_000)
  const acknowledged = [...output.matchAll(/^ack (\d+) after/gm)].map(([, step]) => Number(step))
  expect(acknowledged.length).toBeGreaterThan(10)

  const infra = await reopen('synced')
  const { events } = await infra.store.readEvents(crashScope, 0, STEPS)
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  expect(events.map((event) => dataOf(event, 'step'))).toEqual(acknowledged)
  await infra.close()
})

/** What is written beyond it fails, as on a full disk; here for one process alone. */
function limitFileSize(pid: number, bytes: number | 'unlimited'): void {
  const prlimit = findExecutable('prlimit')
  if (prlimit === undefined) throw new Error('prlimit is missing: apt-get install util-linux')
  execFileSync(prlimit, ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}
