import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { firstBroken } from './simulated-seeds.ts'

interface KeptSeed {
  readonly seed: number
  /** What was broken when the seed was found. */
  readonly found: string
}

const kept = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as {
  readonly seeds: KeptSeed[]
}
const asked = process.env['AMOS_SEED']
const replayed = asked === undefined ? kept.seeds : [{ seed: Number(asked), found: 'asked for by AMOS_SEED' }]

describe('a seed that once found a bug', () => {
  it.each(replayed)('finds none any more: $seed, $found', async ({ seed }) => {
    const broken = await firstBroken([seed])
    expect(broken?.promise, broken?.report).toBeUndefined()
  })
})
