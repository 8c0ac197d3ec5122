import { describe, expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { simulateBft } from './simulate-bft.ts'

/** Every mutant is found well before this. */
const SEEDS_MAX = 400

describe('the simulation finds a core', () => {
  it.each(Object.entries(MUTANTS))('with %s', (_, pieces) => {
    let violations: readonly string[] = []
    for (let seed = 1; seed <= SEEDS_MAX && violations.length === 0; seed += 1) {
      ;({ violations } = simulateBft(seed, pieces))
    }
    expect(violations, `no violation in ${SEEDS_MAX} seeds`).not.toEqual([])
  })
})
