import { describe, expect, it, onTestFinished } from 'vitest'
import { type Fault, scenarioOf } from '#simulation/scenario.ts'
import { simulate } from '#simulation/simulate.ts'
import type { Variant } from '#simulation/variant.ts'
import { CHARGED_UNRECEIVED } from './mutants/charged-unreceived.ts'
import { DUE_BY_OWN_CLOCK } from './mutants/due-by-own-clock.ts'
import { EPOCH_GIVEN_AGAIN } from './mutants/epoch-given-again.ts'
import { EVENT_BESIDE_RECORD } from './mutants/event-beside-record.ts'
import { FORGETS_WHAT_IS_NEEDED } from './mutants/forgets-what-is-needed.ts'
import {
  plantHandOverAfterStaleReport,
  plantKeptReservation,
  plantSlotGivenTwice,
} from './mutants/fused-steps.ts'
import { LEASE_BY_WALL_CLOCK } from './mutants/lease-by-wall-clock.ts'
import { NO_FENCING_CHECK } from './mutants/no-fencing-check.ts'
import { RETRY_WAITS_FOR_NOTHING } from './mutants/retry-waits-for-nothing.ts'
import { TIME_BEGINS_ANEW } from './mutants/time-begins-anew.ts'

interface Mutant {
  readonly flaw: string
  readonly variant?: Variant
  /** Puts the flaw inside the domain; what it returns takes it out. */
  readonly plant?: () => () => void
  /** What brings the flaw to light. */
  readonly faults: readonly Fault[]
  /** No other faults: they would excuse what the flaw does. */
  readonly isAlone?: true
  /** The promise that it breaks. */
  readonly breaks: RegExp
}

const SEEDS_MAX = 300

const MUTANTS: readonly Mutant[] = [
  {
    flaw: 'does not check fencing tokens',
    variant: NO_FENCING_CHECK,
    faults: ['agent_silence'],
    breaks: /was told that it completed/,
  },
  {
    flaw: 'times leases by the wall clock',
    variant: LEASE_BY_WALL_CLOCK,
    faults: ['wall_clock'],
    breaks: /ended by (timeout|lease_expired)|was silent since|never ended|closed its channel at/,
  },
  {
    flaw: "goes by each node's own wall clock",
    variant: DUE_BY_OWN_CLOCK,
    faults: ['wall_clock', 'node_death'],
    breaks: /never ended|before its delay was over|still waits/,
  },
  {
    flaw: 'writes the event beside the record',
    variant: EVENT_BESIDE_RECORD,
    faults: [],
    breaks: /the log says|held under|never submitted/,
  },
  {
    flaw: 'gives an epoch again after a lost tail, and with it tokens and event numbers',
    variant: EPOCH_GIVEN_AGAIN,
    faults: ['lost_tail'],
    breaks: /was given token|has two contents|^event \d+ follows/,
  },
  {
    flaw: 'forgets finished tasks that open ones refer to',
    variant: FORGETS_WHAT_IS_NEEDED,
    faults: [],
    breaks: /all of which was completed/,
  },
  {
    flaw: 'charges attempts that no agent received',
    variant: CHARGED_UNRECEIVED,
    faults: ['cut_sockets', 'lost_messages'],
    breaks: /that no agent received/,
  },
  {
    flaw: 'does a task again without what it waited for',
    variant: RETRY_WAITS_FOR_NOTHING,
    faults: [],
    breaks: /does not wait for/,
  },
  {
    flaw: 'gives attempts all their time again at a takeover',
    variant: TIME_BEGINS_ANEW,
    faults: ['node_death', 'agent_slowness'],
    isAlone: true,
    breaks: /and was held for/,
  },
  {
    flaw: 'keeps the room that it set aside for a step that failed',
    plant: plantKeptReservation,
    faults: ['store_refuses'],
    breaks: /never ended|slots busy|timers/,
  },
  {
    flaw: 'gives a slot again while an assignment to it is being written',
    plant: plantSlotGivenTwice,
    faults: [],
    breaks: /was given \d+ (tasks for|of its)/,
  },
  {
    flaw: 'hands the next task over with a stale report',
    plant: plantHandOverAfterStaleReport,
    faults: ['duplicates', 'agent_silence'],
    breaks: /was given \d+ (tasks for|of its)/,
  },
]

describe('the simulator', () => {
  it.each(MUTANTS)('finds a swarm that $flaw', async ({ variant, plant, faults, isAlone, breaks }) => {
    const found: string[] = []
    onTestFinished(plant?.() ?? (() => undefined))
    for (let seed = 1; seed <= SEEDS_MAX && found.length === 0; seed += 1) {
      const scenario = scenarioOf(seed, faults)
      const { violation } = await simulate(
        isAlone ? { ...scenario, faults: new Set(faults) } : scenario,
        variant,
      )
      if (violation !== undefined) found.push(violation.promise)
    }
    expect(found[0]).toMatch(breaks)
  })

  it('gives the same world for the same seed', async () => {
    const once = await simulate(scenarioOf(11), EVENT_BESIDE_RECORD)
    const again = await simulate(scenarioOf(11), EVENT_BESIDE_RECORD)
    expect(once).toEqual(again)
    expect(once.violation?.trace).toContain('… at the end:')
    const [honest, honestAgain] = [await simulate(scenarioOf(12)), await simulate(scenarioOf(12))]
    expect(honest).toEqual(honestAgain)
    expect(honest.eventCount).toBeGreaterThan(0)
  })
})
