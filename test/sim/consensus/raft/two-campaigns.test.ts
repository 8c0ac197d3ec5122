import { describe, expect, it } from 'vitest'
import { type DurableState, RAFT_TIMING } from '#domain/consensus/raft/raft-state.ts'
import { term } from '#domain/consensus/raft/term.ts'
import { lastEntry, votersOf, withEntry } from '#domain/consensus/raft/voter-log.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import { leaderOf, type Swarm, swarmOf, untilLeader } from './calm-swarm.ts'

const SEEDS = Array.from({ length: 100 }, (_, at) => at + 1)
/** Votes can split by chance, and then one campaign more is due. */
const UNLUCKY_MAX = 1

describe.each([3, 4, 5, 10])(
  'of %i voters a leader stands within two campaigns, and goes on standing',
  (count) => {
    it('when the terms of a minority ran ahead, each on its own', () => {
      const mixed = (seed: number) => swarmOf(count, seed, minority(count, withTermAhead))
      expect(SEEDS.flatMap((seed) => faultsOf(mixed(seed))).slice(UNLUCKY_MAX)).toEqual([])
    })

    it('when a minority lags behind in terms and entries', () => {
      const mixed = (seed: number) => swarmOf(count, seed, minority(count, withPartOfLog))
      expect(SEEDS.flatMap((seed) => faultsOf(mixed(seed))).slice(UNLUCKY_MAX)).toEqual([])
    })

    it('when one that was removed, and does not know, goes on asking', () => {
      const disrupted = (seed: number) => swarmOf(count, seed, withoutLast)
      expect(SEEDS.flatMap((seed) => faultsOf(disrupted(seed))).slice(UNLUCKY_MAX)).toEqual([])
    })

    it('when two cannot hear each other', () => {
      const cut = (seed: number) => {
        const swarm = swarmOf(count, seed)
        const [one, other] = swarm.voters
        swarm.network.split([one!.id], [other!.id])
        return swarm
      }
      expect(SEEDS.flatMap((seed) => faultsOf(cut(seed))).slice(UNLUCKY_MAX)).toEqual([])
    })

    it('when one hears the others but is not heard, or is heard and hears nothing', () => {
      const cut = (seed: number) => {
        const swarm = swarmOf(count, seed)
        const [deaf, ...others] = swarm.voters
        for (const { id } of others) {
          if (seed % 2 === 0) swarm.network.cut(deaf!.id, id)
          else swarm.network.cut(id, deaf!.id)
        }
        return swarm
      }
      expect(SEEDS.flatMap((seed) => faultsOf(cut(seed))).slice(UNLUCKY_MAX)).toEqual([])
    })
  },
)

describe('of five voters', () => {
  it('the only one that hears a majority becomes leader', () => {
    const leaders = SEEDS.map((seed) => {
      const swarm = swarmOf(5, seed)
      const [, ...others] = swarm.voters.map(({ id }) => id)
      for (const id of others) swarm.network.split([id], others)
      untilLeader(swarm)
      return leaderOf(swarm)?.id
    })
    expect(new Set(leaders)).toEqual(new Set(['v0']))
  })
})

describe.each([3, 5, 10])('of %i voters in a star', (count) => {
  it.each([0, 30])(
    'the centre is elected within three time-outs, whatever its id, on ways of %i ms',
    (wayMs) => {
      const slow = Array.from({ length: 200 }, (_, at) => at + 1).filter((seed) => {
        const swarm = swarmOf(count, seed)
        swarm.network.extraDelayMs = wayMs
        const ids = swarm.voters.map(({ id }) => id)
        const centre = ids[seed % count]
        const leaves = ids.filter((id) => id !== centre)
        for (const id of leaves) {
          const others = leaves.filter((other) => other !== id)
          if (others.length > 0) swarm.network.split([id], others)
        }
        const elapsedMs = untilLeader(swarm)
        return elapsedMs > 3 * RAFT_TIMING.electionMaxMs || (count > 3 && leaderOf(swarm)?.id !== centre)
      })
      expect(slow).toEqual([])
    },
  )
})

/** Nothing where one leader was elected in at most two campaigns and is undisturbed for a second. */
function faultsOf(swarm: Swarm): readonly string[] {
  const { observer, time } = swarm
  const elapsedMs = untilLeader(swarm)
  time.runUntil(time.nowMs + 1_000, () => false)
  const summary = `${elapsedMs} ms, ${observer.campaigns.size} campaigns, ${observer.electionCount} elections`
  const isGood =
    observer.campaigns.size <= 2 && leaderOf(swarm) !== undefined && observer.violations.length === 0
  return isGood ? [] : [`${summary} ${observer.violations.join('; ')}`]
}

type Resume = (genesis: DurableState, random: SeededRandom) => DurableState

/** The first voters as `change` leaves them, the majority with three entries of two terms. */
function minority(
  count: number,
  change: Resume,
): (genesis: DurableState, at: number, random: SeededRandom) => DurableState {
  return (genesis, at, random) => {
    const voters = votersOf(genesis.log)
    const log = [1, 1, 2].reduce((log, raw) => withEntry(log, term(raw), voters), genesis.log)
    const usual = { ...genesis, term: term(2), log }
    return at < Math.floor((count - 1) / 2) ? change(usual, random) : usual
  }
}

function withTermAhead(usual: DurableState, random: SeededRandom): DurableState {
  return { ...usual, term: term(usual.term + random.integer(9)) }
}

function withPartOfLog(usual: DurableState, random: SeededRandom): DurableState {
  const log = { ...usual.log, entries: usual.log.entries.slice(0, random.integer(4)) }
  return { ...usual, log, term: lastEntry(log).term }
}

/** All but the last voter have the entry that removes it. */
function withoutLast(genesis: DurableState, at: number): DurableState {
  const voters = votersOf(genesis.log)
  if (at === voters.length - 1) return genesis
  return { ...genesis, term: term(1), log: withEntry(genesis.log, term(1), voters.slice(0, -1)) }
}
