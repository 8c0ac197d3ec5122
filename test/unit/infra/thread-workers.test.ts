import { afterAll, describe, expect, it } from 'vitest'
import { type IndexEntry, MEMORY_INDEX } from '#domain/intelligence/memory/search/index-program.ts'
import { DEFAULT_WEIGHTS } from '#domain/intelligence/memory/search/value-text.ts'
import { InlineWorkers } from '#domain/kernel/inline-workers.ts'
import type { Workers } from '#domain/ports/workers.ts'
import { ThreadWorkers } from '#infra/system/workers/thread-workers.ts'

const threads = new ThreadWorkers()
afterAll(() => threads.close())

function entry(id: string, value: string): IndexEntry {
  const place = { id, key: id, namespace: 'public', timeMs: 0, tags: [] }
  return { ...place, value: JSON.stringify(value), weights: DEFAULT_WEIGHTS }
}

const query = { filter: { namespaces: ['public'] }, nowMs: 0, contextWeight: 0, countMax: 10 }

describe.each<[string, Workers]>([
  ['ThreadWorkers', threads],
  ['InlineWorkers', new InlineWorkers()],
])('%s', (_name, workers) => {
  it('keep the state of a session, and run its calls in order', async () => {
    const session = workers.open(MEMORY_INDEX, undefined, () => undefined)
    const answers = await Promise.all([
      session.call('apply', [{ type: 'put', entry: entry('a', 'red') }]),
      session.call('search', { ...query, text: 'red' }),
      session.call('apply', [{ type: 'remove', id: 'a' }]),
      session.call('search', { ...query, text: 'red' }),
    ])
    expect([answers[1]?.length, answers[3]?.length]).toEqual([1, 0])
    session.close()
  })

  it('keep two sessions apart', async () => {
    const [one, two] = [0, 1].map(() => workers.open(MEMORY_INDEX, undefined, () => undefined))
    await one!.call('apply', [{ type: 'put', entry: entry('a', 'red') }])
    expect(await two!.call('search', { ...query, text: 'red' })).toEqual([])
    for (const session of [one!, two!]) session.close()
  })

  it('reject a call that throws, and go on', async () => {
    const session = workers.open(MEMORY_INDEX, undefined, () => undefined)
    const broken = { ...entry('a', 'red'), value: 'no JSON' }
    await expect(session.call('apply', [{ type: 'put', entry: broken }])).rejects.toThrow('JSON')
    expect(await session.call('statistics', undefined)).toMatchObject({ recordCount: 0 })
    session.close()
  })

  it('reject calls of a session that was closed', async () => {
    const session = workers.open(MEMORY_INDEX, undefined, () => undefined)
    session.close()
    await expect(session.call('statistics', undefined)).rejects.toThrow('session')
  })

  it('run a job of one call', async () => {
    const request = { values: ['"a red house"'], terms: [['red']] }
    const answer = await workers.run(MEMORY_INDEX, undefined, 'snippets', request)
    expect(answer).toEqual([{ text: 'a red house', matches: [[2, 5]] }])
  })
})

describe('ThreadWorkers', () => {
  it('say that a session is lost with its thread, and start another one', async () => {
    const workers = new ThreadWorkers({ resourceLimits: { maxOldGenerationSizeMb: 16 } })
    let isLost = false
    const session = workers.open(MEMORY_INDEX, undefined, () => (isLost = true))
    const huge = Array.from({ length: 40_000 }, (_, index) => `word${index}`).join(' ')
    const fill = async (): Promise<void> => {
      for (let round = 0; round < 1_000; round += 1) {
        const changes = [
          { type: 'put' as const, entry: entry(`r${round}`, huge.replaceAll('word', `w${round}x`)) },
        ]
        await session.call('apply', changes)
      }
    }
    await expect(fill()).rejects.toThrow('thread ended')
    expect(isLost).toBe(true)
    const next = workers.open(MEMORY_INDEX, undefined, () => undefined)
    expect(await next.call('statistics', undefined)).toMatchObject({ recordCount: 0 })
    await workers.close()
  })
})
