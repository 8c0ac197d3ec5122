import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeId } from '#domain/model/ids.ts'
import { createEmbeddedInfra } from '#infra/embedded/create-embedded-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'

const OTHERS = 0o077

describe('the files of the embedded store', () => {
  let dataDir: string
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'amos-private-'))
  })
  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  async function modesAfterUse(): Promise<Record<string, number>> {
    const infra = await createEmbeddedInfra(
      { dataDir, durability: 'committed', nodeId: nodeId('n') },
      { clock: new SystemClock(), logger: new MemoryLogger() },
    )
    const names = await readdir(dataDir)
    const stats = await Promise.all(names.map((name) => stat(join(dataDir, name))))
    await infra.close()
    return Object.fromEntries(names.map((name, index) => [name, (stats[index]?.mode ?? 0) & OTHERS]))
  }

  it('are for their user alone, whatever the directory allows', async () => {
    const modes = await modesAfterUse()
    expect(Object.keys(modes)).toContain('swarm.mdb')
    expect(Object.values(modes).every((mode) => mode === 0)).toBe(true)
  })

  it('become so where an earlier version made them readable for everybody', async () => {
    for (const name of ['swarm.mdb', 'swarm.mdb-lock'])
      await writeFile(join(dataDir, name), '', { mode: 0o666 })
    expect(Object.values(await modesAfterUse()).every((mode) => mode === 0)).toBe(true)
  })
})
