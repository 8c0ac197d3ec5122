import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { bundle } from '../helpers/chaos/bundle.ts'
import { type DiskFault, DiskFaults } from '../helpers/disk-faults/disk-faults.ts'
import { dataOf } from '../helpers/event-data.ts'
import { type OwnedProcess, spawnProcess } from '../helpers/process.ts'
import { crashScope, FAILED_EXIT_CODE, leftId, rightId } from './embedded-child.ts'

let dataDir: string
let faults: DiskFaults
let child: OwnedProcess | undefined

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'amos-faults-'))
  faults = new DiskFaults()
})
afterEach(async () => {
  await child?.kill9()
  faults.close()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Runs a writer whose disk fails once it writes. @returns what it printed and how it ended */
async function runWith(durability: Durability, fault: DiskFault) {
  const program = await bundle('test/contract/embedded-child.ts', { external: ['lmdb'] })
  child = spawnProcess(process.execPath, [program, dataDir, durability, 'faults'], { env: faults.env })
  await child.waitForLine(/^ack /)
  faults.arm(fault)
  const exit = await child.exited
  return { ...exit, output: child.output, failedCount: faults.failedCount }
}

/** The steps that a new process finds, each of them whole. */
async function keptSteps(durability: Durability): Promise<ReadonlySet<number>> {
  const { store, close } = await createEmbeddedInfra(
    { dataDir, durability },
    { clock: new SystemClock(), logger: new MemoryLogger() },
  )
  const { events, damaged } = await store.readEvents(crashScope, 0, 10_000)
  expect(damaged).toBeUndefined()
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  const steps = events.map((event) => Number(dataOf(event, 'step')))
  for (const idOf of [leftId, rightId]) {
    const keys = steps.map((step) => ({ kind: PAYLOAD_RECORDS, id: idOf(step) }) as const)
    const records = await store.getMany(crashScope, keys)
    expect(records.map((record) => Number(record?.value))).toEqual(steps)
  }
  await close()
  return new Set(steps)
}

const acknowledged = (output: string): readonly number[] =>
  [...output.matchAll(/^ack (\d+)$/gm)].map(([, step]) => Number(step))

const FAULTS: readonly DiskFault[] = (
  [
    ['dataWrite', 'EIO'],
    ['dataWrite', 'ENOSPC'],
    ['dataWrite', 'short'],
    ['metaWrite', 'EIO'],
    ['metaWrite', 'ENOSPC'],
    ['metaWrite', 'short'],
    ['metaSyncWrite', 'EIO'],
    ['metaSyncWrite', 'ENOSPC'],
    ['metaSyncWrite', 'short'],
    ['sync', 'EIO'],
    ['sync', 'ENOSPC'],
  ] as const
).flatMap(([call, error]) => [0, 3].map((skip) => ({ call, error, skip })))

describe.each<Durability>(['synced', 'committed'])('LMDB with a failing disk, %s', (durability) => {
  it.each(FAULTS)(
    'ends in order after $error on $call, $skip later, and keeps what it acknowledged',
    async (fault) => {
      const { code, signal, output, failedCount } = await runWith(durability, fault)
      expect(failedCount, output).toBe(1)
      expect(output).not.toContain('broken')
      expect(output).toMatch(/^failed: .*; unwritable$/m)
      for (const call of ['get', 'list', 'events', 'write']) expect(output).toContain(`${call} is refused`)
      expect({ code, signal }, output).toEqual({ code: FAILED_EXIT_CODE, signal: null })
      const kept = await keptSteps(durability)
      expect(acknowledged(output).filter((step) => !kept.has(step))).toEqual([])
    },
  )

  it.each([
    ['ENOSPC', 'no space left on the disk'],
    ['EIO', 'the disk reports an input/output error'],
  ] as const)(
    'refuses, says why, and goes on by itself after %s where the file grows',
    async (error, reason) => {
      const { code, output, failedCount } = await runWith(durability, { call: 'growth', error, count: 2 })
      expect(failedCount, output).toBe(2)
      expect(output).not.toContain('broken')
      expect(output).not.toContain('failed')
      expect(output).toContain(`(${reason})`)
      expect(code, output).toBe(0)
      const kept = await keptSteps(durability)
      expect(acknowledged(output).filter((step) => !kept.has(step))).toEqual([])
    },
  )
})
