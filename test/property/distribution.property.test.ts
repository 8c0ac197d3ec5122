import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leastLoaded } from '#domain/distribution/strategies/least-loaded.ts'
import { agentId } from '#domain/model/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import type { Candidate } from '#domain/resources/candidate.ts'
import { type Requirement, requirementOf } from '#domain/resources/requirement.ts'
import { coveredBy, Room } from '#domain/resources/room.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { distributionContext } from '../helpers/distribution-context.ts'
import { sampleEntry } from '../helpers/sample-records.ts'

const NAMES = ['review', 'rust', 'draw'] as const

const amounts = fc.record({ gpu: fc.nat(4), memoryMb: fc.nat(4_000) }, { requiredKeys: [] })

const candidate = fc
  .record({
    slots: fc.integer({ min: 1, max: 8 }),
    active: fc.nat(8),
    skills: fc.subarray([...NAMES]),
    freeResources: amounts,
  })
  .map(({ slots, active, skills, freeResources }) => ({
    slots,
    activeTasks: Math.min(active, slots),
    skills,
    freeResources,
  }))

const task = fc.record({ capabilities: fc.subarray([...NAMES]), resources: amounts })

interface Swarm {
  readonly candidates: readonly Candidate[]
  readonly tasks: readonly ReadyEntry[]
  candidatesFor(requirement: Requirement): readonly Candidate[]
}

const swarm: fc.Arbitrary<Swarm> = fc
  .record({ agents: fc.array(candidate, { maxLength: 12 }), tasks: fc.array(task, { maxLength: 30 }) })
  .map(({ agents, tasks }) => {
    const candidates = agents.map(({ slots, activeTasks, skills, freeResources }, index) => ({
      agentId: agentId(`agent-${index}`),
      capabilities: skills.map((name) => ({ name, proficiency: 1, cost: 1 })),
      slots,
      activeTasks,
      freeSlots: slots - activeTasks,
      freeResources,
    }))
    const candidatesFor = ({ capabilities, resources }: Requirement): readonly Candidate[] =>
      candidates.filter(
        (agent) =>
          agent.freeSlots > 0 &&
          capabilities.every((name) => agent.capabilities.some((has) => has.name === name)) &&
          coveredBy(agent.freeResources, resources),
      )
    return {
      candidates,
      tasks: tasks.map((wanted, index) => sampleEntry(`t${index}`, wanted)),
      candidatesFor,
    }
  })

function plan({ tasks, candidatesFor }: Swarm, seed = 1) {
  return leastLoaded.plan(distributionContext({ random: new SeededRandom(seed), tasks, candidatesFor }))
}

describe('leastLoaded', () => {
  it('never plans more for an agent than it has slots and resources, nor what it cannot do, nor a task twice', () => {
    fc.assert(
      fc.property(swarm, fc.nat(), (given, seed) => {
        const planned = plan(given, seed)
        for (const agent of given.candidates) {
          const own = planned.filter(({ agentId }) => agentId === agent.agentId)
          expect(own.length).toBeLessThanOrEqual(agent.freeSlots)
          for (const name of ['gpu', 'memoryMb']) {
            const used = own.reduce((sum, { entry }) => sum + (entry.resources[name] ?? 0), 0)
            expect(used).toBeLessThanOrEqual(agent.freeResources[name] ?? 0)
          }
          for (const { entry } of own) {
            expect(given.candidatesFor(requirementOf(entry.capabilities, entry.resources))).toContain(agent)
          }
        }
        expect(new Set(planned.map(({ entry }) => entry.taskId)).size).toBe(planned.length)
      }),
      { numRuns: 500 },
    )
  })

  it('leaves out only tasks that nobody has room for once those before them are placed', () => {
    fc.assert(
      fc.property(swarm, (given) => {
        const planned = new Map(plan(given).map((assignment) => [assignment.entry.taskId, assignment]))
        const room = new Room()
        for (const entry of given.tasks) {
          const fitting = given
            .candidatesFor(requirementOf(entry.capabilities, entry.resources))
            .filter((agent) => room.fits(agent, entry.resources))
          const assignment = planned.get(entry.taskId)
          expect(assignment === undefined).toBe(fitting.length === 0)
          if (assignment === undefined) continue
          const winner = fitting.find(({ agentId }) => agentId === assignment.agentId)!
          const load = (agent: Candidate) => room.load(agent) / agent.slots
          expect(load(winner)).toBe(Math.min(...fitting.map(load)))
          expect(assignment.candidates[0]).toMatchObject({ agentId: winner.agentId, score: load(winner) })
          room.take(winner, entry.resources)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('breaks ties evenly', () => {
    const candidates = Array.from({ length: 4 }, (_, index) => idle(index))
    const wins = new Map<string, number>()
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const [first] = plan({ candidates, tasks: [sampleEntry('t')], candidatesFor: () => candidates }, seed)
      wins.set(first!.agentId, (wins.get(first!.agentId) ?? 0) + 1)
    }
    for (const count of wins.values()) expect(count).toBeGreaterThan(400)
    expect(wins.size).toBe(4)
  })

  it('keeps the five best candidates of many, best first', () => {
    const candidates = Array.from({ length: 100 }, (_, index) => ({
      ...idle(index),
      slots: 200,
      activeTasks: 100 - index,
      freeSlots: 1,
    }))
    const [first] = plan({ candidates, tasks: [sampleEntry('t')], candidatesFor: () => candidates })
    expect(first!.candidateCount).toBe(100)
    expect(first!.candidates.map(({ activeTasks }) => activeTasks)).toEqual([1, 2, 3, 4, 5])
  })
})

function idle(index: number): Candidate {
  return {
    agentId: agentId(`agent-${index}`),
    capabilities: [],
    slots: 1,
    activeTasks: 0,
    freeSlots: 1,
    freeResources: {},
  }
}
