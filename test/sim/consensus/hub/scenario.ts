import { SeededRandom } from '#simulation/seeded-random.ts'
import { LIES, type Lie } from '../../../../examples/code-review/lies.ts'

export type Temper =
  | 'honest'
  | Lie
  /** Says nothing but its ballot. */
  | 'withholds'

export interface VoterPlan {
  readonly name: string
  readonly custody: 'self' | 'hub'
  readonly temper: Temper
  /** By proposal; null for none. */
  readonly choices: readonly (string | null)[]
  /** How likely its process dies at each signature, before or after that is on record, until the calm. */
  readonly crashRatio: number
}

export interface HubScenario {
  readonly seed: number
  readonly voters: readonly VoterPlan[]
  readonly proposalCount: number
  readonly deadlineMs: number
  /** When the hub is killed; another node takes the swarm over. */
  readonly hubKillsAtMs: readonly number[]
  /** When a voter's connection breaks, and whose. */
  readonly cutsAtMs: readonly { readonly atMs: number; readonly voter: number }[]
  /** When the first proposal is taken back; null for never. */
  readonly cancelAtMs: number | null
  /** From then on nothing goes wrong any more. */
  readonly calmAtMs: number
}

const CALM_AT_MS = 4_000

/** Any table of 1 to 7 voters, liars within a third of it, and a hub that is killed now and then. */
export function hubScenario(seed: number): HubScenario {
  const random = new SeededRandom(seed)
  const count = 1 + random.integer(7)
  const proposalCount = 1 + random.integer(3)
  const liarCount = random.integer(Math.floor((count - 1) / 3) + 1)
  const hosted = random.pick([0, 0, 0.3, 1])
  const crashRatio = random.pick([0, 0.05, 0.2])
  const approval = random.pick([0.3, 0.8, 1])
  const silence = random.pick([0, 0.2])
  const choice = (): string | null => {
    if (random.next() < silence) return null
    return random.next() < approval ? 'approve' : random.pick(['reject', 'abstain'])
  }
  const moments = (most: number): number[] =>
    Array.from({ length: random.integer(most + 1) }, () => Math.floor(random.next() * CALM_AT_MS))
  return {
    seed,
    voters: Array.from({ length: count }, (_, at) => {
      const isLiar = at < liarCount
      return {
        name: `v${at}`,
        // The hub does not lie for those whose keys it holds.
        custody: !isLiar && random.next() < hosted ? 'hub' : 'self',
        temper: isLiar ? random.pick<Temper>([...LIES, 'withholds']) : 'honest',
        choices: Array.from({ length: proposalCount }, choice),
        crashRatio: isLiar ? 0 : crashRatio,
      }
    }),
    proposalCount,
    deadlineMs: random.pick([500, 3_000]),
    hubKillsAtMs: moments(2).toSorted((a, b) => a - b),
    cutsAtMs: moments(6).map((atMs) => ({ atMs, voter: random.integer(count) })),
    cancelAtMs: random.next() < 0.2 ? Math.floor(random.next() * 1_000) : null,
    calmAtMs: CALM_AT_MS,
  }
}
