import { describe, expect, it } from 'vitest'
import { faultyVotersMax } from '#domain/consensus/bft/quorum.ts'
import { verifyDecision } from '#domain/consensus/verify-decision.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { PerfectNetwork } from '../../helpers/decision/perfect-network.ts'

const ELECTORATES = [
  [1],
  [1, 1],
  [1, 1, 1],
  [1, 1, 1, 1],
  [3, 2, 2],
  Array.from({ length: 7 }, () => 1),
  Array.from({ length: 10 }, () => 1),
  Array.from({ length: 25 }, () => 1),
]

describe.each(ELECTORATES)('an electorate of weights %j %j %j %j …', (...weights: readonly number[]) => {
  const world = new DecisionWorld({ weights })
  const { electorate } = world.instance
  const ballots = world.voters.map((_, at) => world.ballot(at))

  it('decides in round 0 when all are there, every voter the same, each with a proof', () => {
    const network = new PerfectNetwork(world)
    network.say(...ballots)
    expect(
      new Set(network.certificates.map((certificate) => JSON.stringify(certificate?.ballots))).size,
    ).toBe(1)
    for (const certificate of network.certificates) {
      expect(certificate).toMatchObject({ round: 0, outcome: { verdict: 'approved', option: 'approve' } })
      expect(verifyDecision(certificate, electorate.hash, world)).toMatchObject({ isValid: true })
    }
  })

  it('decides without as many as may fail, the first proposer among them', () => {
    const silent = world.voters.map((_, at) => at).slice(0, faultyVotersMax(electorate))
    const network = new PerfectNetwork(world, silent)
    network.say(...ballots.filter((_, at) => !silent.includes(at)))
    for (const round of silent) {
      network.tellAll((voter) => voter.timeout('propose', round))
      network.tellAll((voter) => voter.timeout('precommit', round))
    }
    const [certificate] = network.certificates
    expect(certificate).toMatchObject({ round: silent.length, outcome: { verdict: 'approved' } })
  })

  it('decides nothing without one more than may fail', () => {
    const silent = world.voters.map((_, at) => at).slice(0, faultyVotersMax(electorate) + 1)
    const network = new PerfectNetwork(world, silent)
    network.say(...ballots)
    network.tellAll((voter) => voter.timeout('propose', 0))
    expect(network.certificates.filter((certificate) => certificate !== undefined)).toEqual([])
  })
})

describe('an electorate of weights 3, 2 and 2', () => {
  const world = new DecisionWorld({ weights: [3, 2, 2] })
  const ballots = [0, 1, 2].map((at) => world.ballot(at))

  it.each([
    ['the heavy voter and a light one', [2], true],
    ['the two light voters', [0], false],
  ])('is served by %s', (_, silent, isDecided) => {
    const network = new PerfectNetwork(world, silent)
    network.say(...ballots)
    network.tellAll((voter) => voter.timeout('propose', 0))
    network.tellAll((voter) => voter.timeout('precommit', 0))
    expect(network.certificates.every((certificate) => certificate !== undefined)).toBe(isDecided)
  })
})
