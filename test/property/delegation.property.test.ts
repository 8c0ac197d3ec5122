import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PlannedAssignment } from '#domain/distribution/distribution-strategy.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { requirementOf } from '#domain/resources/requirement.ts'
import { coveredBy } from '#domain/resources/room.ts'
import { sampleEntry } from '../helpers/sample-records.ts'
import { type TreeAgent, TreeSwarm } from '../helpers/tree-swarm.ts'

const SIZES = [1, 2, 3, 10, 100, 1_000]
const SKILLS = ['review', 'rust', 'draw'] as const
const RUNS = { numRuns: 30 }

const agent: fc.Arbitrary<TreeAgent> = fc
  .record({
    slots: fc.integer({ min: 1, max: 4 }),
    active: fc.nat(4),
    skills: fc.subarray([...SKILLS]),
    gpu: fc.nat(2),
  })
  .map(({ slots, active, skills, gpu }) => ({
    slots,
    activeTasks: Math.min(active, slots),
    skills,
    resources: { gpu },
  }))

interface Round {
  readonly swarm: TreeSwarm
  readonly tasks: readonly ReadyEntry[]
  readonly plan: readonly PlannedAssignment[]
}

/** A batch of tasks over a swarm of this size: new ones, parts that were split off, and some that failed before. */
function rounds(size: number): fc.Arbitrary<Round> {
  const member = fc.nat(size - 1).map((index) => agentId(`a${index}`))
  const task = fc.record({
    capabilities: fc.subarray([...SKILLS], { maxLength: 2 }),
    resources: fc.constantFrom({}, { gpu: 1 }),
    delegator: fc.option(member, { nil: undefined }),
    failedAgentIds: fc.array(member, { maxLength: 3 }),
  })
  return fc
    .record({
      branching: fc.integer({ min: 2, max: 8 }),
      agents: fc.array(agent, { minLength: size, maxLength: size, size: 'max' }),
      wanted: fc.array(task, { maxLength: 60, size: 'max' }),
      seed: fc.nat(),
    })
    .map(({ branching, agents, wanted, seed }) => {
      const swarm = new TreeSwarm(branching, agents)
      const tasks = wanted.map(({ delegator, failedAgentIds, ...needs }, index) =>
        sampleEntry(`t${index}`, {
          ...needs,
          ...(delegator === undefined
            ? {}
            : { delegators: [delegator, ...swarm.shape.reportingChain(delegator)], failedAgentIds }),
        }),
      )
      return { swarm, tasks, plan: swarm.plan(tasks, { seed }) }
    })
}

/** The swarm as the round goes on, by the plainest means. */
class Replay {
  readonly #swarm: TreeSwarm
  readonly #taken = new Map<AgentId, PlannedAssignment[]>()

  constructor(swarm: TreeSwarm) {
    this.#swarm = swarm
  }

  take(planned: PlannedAssignment): void {
    this.#taken.set(planned.agentId, [...(this.#taken.get(planned.agentId) ?? []), planned])
  }

  able({ capabilities, resources, failedAgentIds = [] }: ReadyEntry): ReadonlySet<AgentId> {
    const able = this.#swarm
      .candidatesFor(requirementOf(capabilities, resources))
      .filter(({ agentId: id, freeSlots, freeResources }) => {
        const taken = this.#taken.get(id) ?? []
        const gpu = taken.reduce(
          (sum, { entry }) => sum - (entry.resources['gpu'] ?? 0),
          freeResources['gpu'] ?? 0,
        )
        return taken.length < freeSlots && coveredBy({ gpu }, resources)
      })
      .map((candidate) => candidate.agentId)
    const fresh = able.filter((id) => !failedAgentIds.includes(id))
    return new Set(fresh.length > 0 ? fresh : able)
  }
}

/** Each task with who could have taken it when its turn came. */
function turns({ swarm, tasks, plan }: Round) {
  const replay = new Replay(swarm)
  const byTask = new Map(plan.map((planned) => [planned.entry.taskId, planned]))
  return tasks.map((entry) => {
    const planned = byTask.get(entry.taskId)
    const able = replay.able(entry)
    if (planned !== undefined) replay.take(planned)
    return { entry, planned, able }
  })
}

describe.each(SIZES)('a tree of %i', (size) => {
  it('hands each task down from manager to report, from the root to the agent', () => {
    fc.assert(
      fc.property(rounds(size), ({ swarm: { shape }, plan }) => {
        for (const { agentId: id, delegationPath = [] } of plan) {
          expect(shape.parentOf(delegationPath[0]!)).toBeUndefined()
          expect(delegationPath.at(-1)).toBe(id)
          const managers = delegationPath.slice(1).map((member) => shape.parentOf(member))
          expect(managers).toEqual(delegationPath.slice(0, -1))
        }
      }),
      RUNS,
    )
  })

  it('leaves no task that somebody could take, and gives none to who could not', () => {
    fc.assert(
      fc.property(rounds(size), (round) => {
        const wrong = turns(round).filter(({ planned, able }) =>
          planned === undefined ? able.size > 0 : !able.has(planned.agentId),
        )
        expect(wrong).toEqual([])
      }),
      RUNS,
    )
  })

  it('has no manager do what somebody below it could take', () => {
    fc.assert(
      fc.property(rounds(size), (round) => {
        for (const { planned, able } of turns(round)) {
          if (planned === undefined) continue
          expect(round.swarm.below(planned.agentId).filter((id) => able.has(id))).toEqual([])
        }
      }),
      RUNS,
    )
  })

  it('goes up from the first delegator only as far as it must', () => {
    fc.assert(
      fc.property(rounds(size), (round) => {
        const { shape } = round.swarm
        for (const { entry, planned, able } of turns(round)) {
          const nearest = entry.delegators?.find((manager) =>
            [manager, ...round.swarm.below(manager)].some((id) => able.has(id)),
          )
          if (planned === undefined || nearest === undefined) continue
          expect([planned.agentId, ...shape.reportingChain(planned.agentId)]).toContain(nearest)
        }
      }),
      RUNS,
    )
  })

  it('keeps branches under one manager within one task of each other, relative to their slots', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(256),
        (b, slots, count) => {
          const swarm = new TreeSwarm(
            b,
            Array.from({ length: size }, () => ({ slots })),
          )
          const plan = swarm.plan(Array.from({ length: count }, (_, index) => sampleEntry(`t${index}`)))
          const held = new Map<AgentId, number>()
          for (const id of plan.flatMap(({ delegationPath = [] }) => delegationPath))
            held.set(id, (held.get(id) ?? 0) + 1)
          const load = (id: AgentId) => (held.get(id) ?? 0) / (slots * (1 + swarm.below(id).length))
          for (const manager of swarm.shape.members()) {
            const loads = swarm.shape.childrenOf(manager).map(load)
            expect(Math.max(0, ...loads) - Math.min(1, ...loads)).toBeLessThanOrEqual(1 / slots + 1e-9)
          }
        },
      ),
      RUNS,
    )
  })
})
