import { describe, expect, it } from 'vitest'
import { FailureCascadeDetector } from '#domain/intelligence/patterns/detectors/failure-cascade.ts'
import { HerdingDetector } from '#domain/intelligence/patterns/detectors/herding.ts'
import { PingPongDetector } from '#domain/intelligence/patterns/detectors/ping-pong.ts'
import { WaitCycleDetector } from '#domain/intelligence/patterns/detectors/wait-cycle.ts'
import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { Detector, Finding } from '#domain/intelligence/patterns/pattern.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { countFalseAlarms, findPlanted, TRIALS } from '../../../../helpers/pattern-streams/trials.ts'

/** Small seeded versions; `npm run bench -- --only intelligence-patterns` runs 20 000 windows a detector. */
describe.each(TRIALS.map((trial) => ({ name: trial.kind, trial })))('the detector of $name', ({ trial }) => {
  it.each([
    { agents: trial.agents, rate: 1 },
    { agents: 40, rate: 3 },
  ])('finds what was planted among $agents agents, and names it', (shift) => {
    const { runs, found, named, delays } = findPlanted(trial, { seed: 5, runs: 5, shift })
    expect(found).toBe(runs)
    expect(named).toBeGreaterThanOrEqual(runs - 1)
    expect(delays.at(-1)).toBeLessThanOrEqual(trial.findWithin)
  })

  it.each([
    { agents: trial.agents, rate: 1 },
    { agents: 40, rate: 0.5 },
  ])('gives no alarm on a null stream of $agents agents that looks alike', (shift) => {
    expect(countFalseAlarms(trial, { seed: 6, windows: 30, shift }).alarms).toBe(0)
  })
})

describe('herding', () => {
  it('is not seen where one agent gets all because the others are busy', () => {
    const observations = sequence((add) => {
      for (let task = 0; task < 120; task++) add(assigned(['ada', 'bob', 'cleo'][task % 3] ?? '', `a${task}`))
      for (let task = 0; task < 120; task++) if (task % 3 === 0 || task < 117) add(ended(`a${task}`))
      for (let task = 0; task < 120; task++) {
        add(assigned('ada', `b${task}`))
        add(ended(`b${task}`))
      }
    })
    expect(findings(new HerdingDetector(), observations)).toEqual([])
  })

  it('is seen where the same agent gets all although it holds more than the others', () => {
    const observations = sequence((add) => {
      for (let task = 0; task < 120; task++) {
        add(assigned(['ada', 'bob', 'cleo'][task % 3] ?? '', `a${task}`))
        add(ended(`a${task}`))
      }
      for (let task = 0; task < 60; task++) add(assigned('ada', `b${task}`))
    })
    expect(findings(new HerdingDetector(), observations)[0]?.agentIds).toEqual(['ada'])
  })

  it('leaves out agents that came or went in between', () => {
    const observations = sequence((add) => {
      for (let task = 0; task < 180; task++) add(assigned(['ada', 'bob', 'cleo'][task % 3] ?? '', `a${task}`))
      add({ kind: 'presence', agentId: 'dora', isPresent: true })
      for (let task = 0; task < 180; task++)
        add(assigned(task % 2 === 0 ? 'dora' : (['ada', 'bob', 'cleo'][task % 3] ?? ''), `b${task}`))
    })
    expect(findings(new HerdingDetector(), observations)).toEqual([])
  })
})

describe('ping-pong', () => {
  it('is not seen between the only two agents, where every hand-over has to be a return', () => {
    const observations = sequence((add) => {
      for (let task = 0; task < 200; task++) add(assigned(task % 2 === 0 ? 'ada' : 'bob', `a${task}`))
      for (let hop = 0; hop < 50; hop++) add(assigned(hop % 2 === 0 ? 'ada' : 'bob', 'bounced'))
    })
    expect(findings(new PingPongDetector(), observations)).toEqual([])
  })

  it('learns who can do a type of task', () => {
    const others = ['cleo', 'dora', 'eve', 'fay', 'gil']
    const observations = sequence((add) => {
      for (let task = 0; task < 90; task++) add(assigned(task % 2 === 0 ? 'ada' : 'bob', `a${task}`, 'rare'))
      for (let task = 0; task < 200; task++) add(assigned(others[task % 5] ?? '', `b${task}`, 'usual'))
      for (let hop = 0; hop < 50; hop++) add(assigned(hop % 2 === 0 ? 'ada' : 'bob', 'bounced', 'rare'))
    })
    expect(findings(new PingPongDetector(), observations)).toEqual([])
  })
})

describe('a cycle of waits', () => {
  it('is over when one of its waits ends', () => {
    const detector = new WaitCycleDetector()
    const observations = sequence((add) => {
      add(waits('ada', 't1', ['bob']))
      add(waits('bob', 't2', ['cleo', 'dora']))
      add(waits('dora', 't3', ['ada']))
      add(waits('dora', 't3', []))
    })
    const judgements = observations.map((observation) => detector.observe(observation))
    expect(judgements[2]?.found[0]).toMatchObject({
      agentIds: ['dora', 'ada', 'bob'],
      evidence: [1, 2, 3],
      effect: 1,
    })
    expect(judgements[3]).toEqual({ found: [], over: ['ada|bob|dora'] })
  })

  it('is not closed by a wait for oneself or by a wait that has ended', () => {
    const observations = sequence((add) => {
      add(waits('ada', 't1', ['ada']))
      add(waits('ada', 't1', ['bob']))
      add(ended('t1', 'completed', 'ada'))
      add(waits('bob', 't2', ['ada']))
    })
    expect(findings(new WaitCycleDetector(), observations)).toEqual([])
  })
})

describe('a failure cascade', () => {
  it('is not seen where tasks of one burst fail as often as others', () => {
    expect(findings(new FailureCascadeDetector(), burst({ failing: 1 / 3 }))).toEqual([])
  })

  it('is seen where the tasks of one burst all fail', () => {
    const [first] = findings(new FailureCascadeDetector(), burst({ failing: 1 }))
    expect(first?.agentIds.length).toBeGreaterThanOrEqual(3)
  })

  it('is not seen where one agent alone fails on and on', () => {
    const observations = burst({ failing: 1 }).map((item) =>
      'agentId' in item ? { ...item, agentId: 'ada' } : item,
    )
    expect(findings(new FailureCascadeDetector(), observations)).toEqual([])
  })
})

/** Ends of tasks one a second, a third of them failed, and then 60 within three seconds. */
function burst({ failing }: { readonly failing: number }): Observation[] {
  const random = new SeededRandom(3)
  const end = (index: number, at: number, share: number): Observation => {
    const outcome = random.next() < share ? 'failed' : 'completed'
    return {
      kind: 'ended',
      sequence: index + 1,
      at,
      taskId: `t${index}`,
      agentId: `agent-${index % 7}`,
      outcome,
    }
  }
  const before = Array.from({ length: 100 }, (_, index) => end(index, 1_000 * index, 1 / 3))
  const after = Array.from({ length: 60 }, (_, index) => end(100 + index, 100_000 + 50 * index, failing))
  return [...before, ...after]
}

type Bare = Observation extends infer O ? (O extends Observation ? Omit<O, 'sequence' | 'at'> : never) : never

function sequence(build: (add: (bare: Bare) => void) => void): Observation[] {
  const observations: Observation[] = []
  build((bare) => {
    const sequence = observations.length + 1
    observations.push({ ...bare, sequence, at: sequence * 100 })
  })
  return observations
}

function findings(detector: Detector, observations: readonly Observation[]): Finding[] {
  return observations.flatMap((observation) => detector.observe(observation)?.found ?? [])
}

function assigned(agentId: string, taskId: string, taskType = 'work'): Bare {
  return { kind: 'assigned', agentId, taskId, taskType }
}

function ended(taskId: string, outcome: 'completed' | 'failed' = 'completed', agentId = 'ada'): Bare {
  return { kind: 'ended', taskId, agentId, outcome }
}

function waits(agentId: string, taskId: string, waitsFor: readonly string[]): Bare {
  return { kind: 'waits', agentId, taskId, waitsFor }
}
