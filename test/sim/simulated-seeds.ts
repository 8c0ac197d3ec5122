import { describe, expect, it } from 'vitest'
import { scenarioOf } from '#simulation/scenario.ts'
import { simulate } from '#simulation/simulate.ts'

const SEEDS_DEFAULT = 500
const SEEDS_PER_TEST = 25

/** Seeds 1 to `AMOS_SEEDS`, every other one in each of two files, so that they run beside each other. */
export function describeSeeds(first: 1 | 2): void {
  const count = Number(process.env['AMOS_SEEDS'] ?? SEEDS_DEFAULT)
  const seeds = Array.from({ length: Math.ceil(count / 2) }, (_, index) => first + 2 * index)
  describe('a swarm under faults', () => {
    for (let from = 0; from < seeds.length; from += SEEDS_PER_TEST) {
      const some = seeds.slice(from, from + SEEDS_PER_TEST)
      it(`keeps every promise, seeds ${some[0]} to ${some.at(-1)} by two`, async () => {
        const broken = await firstBroken(some)
        expect(broken?.promise, broken?.report).toBeUndefined()
      })
    }
  })
}

export interface BrokenPromise {
  readonly promise: string
  /** What led to it, and how to see it again. */
  readonly report: string
}

/** The first of the seeds under which the swarm breaks a promise. */
export async function firstBroken(seeds: readonly number[]): Promise<BrokenPromise | undefined> {
  for (const seed of seeds) {
    const { violation } = await simulate(scenarioOf(seed))
    if (violation === undefined) continue
    const { promise, trace } = violation
    return { promise, report: `${promise}\nreplay: AMOS_SEED=${seed} npm run test:sim\n${trace}\n` }
  }
  return undefined
}
