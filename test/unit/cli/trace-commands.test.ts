import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWorkload, speedsOf, type TraceOptions } from '#cli/input/trace-options.ts'

const CSV = 'arrival_ms,work_ms\n0,100\n50,100\n100,200\n'
const OPTIONS: TraceOptions = { speeds: [1, 1], strategy: { kind: 'least_loaded' } }

describe('the workload of a trace', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-trace-'))
    await writeFile(join(folder, 'a.csv'), CSV)
    await writeFile(join(folder, 'a.csv.gz'), gzipSync(CSV))
    await writeFile(join(folder, 'bad.csv'), 'arrival_ms,work_ms\n0,x\n')
    await writeFile(join(folder, 'bad.csv.gz'), 'not packed')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const read = (name: string, options: Partial<TraceOptions> = {}) =>
    readWorkload(join(folder, name), { ...OPTIONS, ...options })

  it('is the same packed and unpacked', async () => {
    expect(await read('a.csv.gz')).toEqual(await read('a.csv'))
    expect(await read('a.csv')).toHaveLength(3)
  })

  it('is cut, put into one batch or stretched to a load', async () => {
    expect(await read('a.csv', { limit: 2 })).toHaveLength(2)
    expect((await read('a.csv', { batch: true })).every(({ arrivalMs }) => arrivalMs === 0)).toBe(true)
    // 400 ms of work on two agents at half load: 400 ms.
    expect((await read('a.csv', { load: 0.5 })).at(-1)?.arrivalMs).toBe(400)
  })

  it.each([
    ['bad.csv', 'line 2: work_ms is "x"'],
    ['bad.csv.gz', 'incorrect header check'],
    ['none.csv', 'no such file'],
  ])('names the file and what is wrong with %s', async (name, message) => {
    await expect(read(name)).rejects.toMatchObject({ name: 'CommandError' })
    await expect(read(name)).rejects.toThrow(message)
  })

  it('takes agents of speed 1 in place of speeds', () => {
    expect(speedsOf({ ...OPTIONS, agents: 3 })).toEqual([1, 1, 1])
    expect(speedsOf(OPTIONS)).toEqual([1, 1])
  })
})
