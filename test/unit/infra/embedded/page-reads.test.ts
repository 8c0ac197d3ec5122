import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tenantId, tenantScope } from '#domain/model/ids.ts'
import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import type { Infra } from '#infra/infra.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'

const SCOPE = tenantScope(tenantId('acme'))
const PAGES_MAX = 1_000

describe('reading the embedded store page after page', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'amos-embedded-'))
  let infra: Infra

  beforeAll(async () => {
    infra = await createEmbeddedInfra(
      { dataDir, durability: 'synced' },
      { clock: new ManualClock(), logger: new MemoryLogger() },
    )
  })
  afterAll(async () => {
    await infra.close()
    rmSync(dataDir, { recursive: true })
  })

  it.each([
    ['events', () => infra.store.readEvents(SCOPE, 0, 10)],
    ['records', () => infra.store.list({ scope: SCOPE, kind: TASK_RECORDS, countMax: 10 })],
  ])('leaves the event loop to others between two pages of %s', async (_, readPage) => {
    let turns = 0
    const others = (async () => {
      for (; turns < 10; turns += 1) await nextTurn()
    })()
    let pages = 0
    for (; turns < 10 && pages < PAGES_MAX; pages += 1) await readPage()
    await others
    expect(pages).toBeLessThan(PAGES_MAX)
  })
})
