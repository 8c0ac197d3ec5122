import { describe, expect, it } from 'vitest'
import { faultWeightMax, faultyVotersMax, includesHonest, isQuorum } from '#domain/consensus/bft/quorum.ts'
import { createElectorate } from '#domain/consensus/electorate.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { toyKey } from '#simulation/toy-signatures.ts'
import { voterName } from '../../helpers/decision/decision-world.ts'

/** For W = 1 … 100 the least weight that is a quorum: written down once, from "more than two thirds". */
const LEAST_QUORUMS = [
  1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 9, 10, 11, 11, 12, 13, 13, 14, 15, 15, 16, 17, 17, 18, 19, 19, 20, 21,
  21, 22, 23, 23, 24, 25, 25, 26, 27, 27, 28, 29, 29, 30, 31, 31, 32, 33, 33, 34, 35, 35, 36, 37, 37, 38, 39,
  39, 40, 41, 41, 42, 43, 43, 44, 45, 45, 46, 47, 47, 48, 49, 49, 50, 51, 51, 52, 53, 53, 54, 55, 55, 56, 57,
  57, 58, 59, 59, 60, 61, 61, 62, 63, 63, 64, 65, 65, 66, 67, 67,
]

/** For W = 1 … 100 the most weight that may lie: written down once, from "less than a third". */
const FAULTS = [
  0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10, 10, 11,
  11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15, 16, 16, 16, 17, 17, 17, 18, 18, 18, 19, 19, 19, 20,
  20, 20, 21, 21, 21, 22, 22, 22, 23, 23, 23, 24, 24, 24, 25, 25, 25, 26, 26, 26, 27, 27, 27, 28, 28, 28, 29,
  29, 29, 30, 30, 30, 31, 31, 31, 32, 32, 32, 33,
]

describe('quorums', () => {
  it('match the table for every total weight from 1 to 100', () => {
    const least = LEAST_QUORUMS.map((_, at) => {
      const totalWeight = at + 1
      return Array.from({ length: totalWeight }, (_, weight) => weight + 1).find((weight) =>
        isQuorum(weight, totalWeight),
      )
    })
    expect(least).toEqual(LEAST_QUORUMS)
    expect(least).toHaveLength(100)
  })

  it('tolerate what the table says for every total weight from 1 to 100', () => {
    expect(FAULTS.map((_, at) => faultWeightMax(at + 1))).toEqual(FAULTS)
    expect(FAULTS).toHaveLength(100)
  })

  it('share an honest voter whenever no more lie than may, and are reached without those', () => {
    for (let totalWeight = 1; totalWeight <= 100; totalWeight += 1) {
      const quorum = LEAST_QUORUMS[totalWeight - 1]!
      const faults = FAULTS[totalWeight - 1]!
      expect(2 * quorum - totalWeight, `W = ${totalWeight}`).toBeGreaterThan(faults)
      expect(totalWeight - faults, `W = ${totalWeight}`).toBeGreaterThanOrEqual(quorum)
      expect(includesHonest(faults, totalWeight)).toBe(false)
      expect(includesHonest(faults + 1, totalWeight)).toBe(true)
    }
  })

  it.each([3, 6, 9])('need more than two thirds where three divides the weight, W = %i', (totalWeight) => {
    expect(isQuorum((2 * totalWeight) / 3, totalWeight)).toBe(false)
  })

  it.each([
    [[1], 0],
    [[1, 1], 0],
    [[1, 1, 1], 0],
    [[1, 1, 1, 1], 1],
    [[3, 2, 2], 0],
    [[2, 2, 2, 1], 1],
    [[1, 1, 1, 1, 1, 1, 1], 2],
    [[4, 1, 1, 1, 1, 1, 1], 0],
  ])('say how many voters of weights %j may lie: %i', (weights, count) => {
    const voters = weights.map((weight, at) => ({
      agentId: voterName(at),
      publicKey: toyKey(voterName(at)).publicKey,
      weight,
      custody: 'self' as const,
    }))
    expect(faultyVotersMax(createElectorate(voters, sha256Hasher))).toBe(count)
  })
})
