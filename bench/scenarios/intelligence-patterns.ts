import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { HerdingDetector } from '#domain/intelligence/patterns/detectors/herding.ts'
import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { PatternKind } from '#domain/model/pattern-settings.ts'
import { CHEAP_RULES } from '../../test/helpers/pattern-streams/cheap-rules.ts'
import { cascadeResponse, herdingResponse } from '../../test/helpers/pattern-streams/response-trials.ts'
import {
  countFalseAlarms,
  findPlanted,
  type PatternTrial,
  TRIALS,
} from '../../test/helpers/pattern-streams/trials.ts'
import type { Bar, Contender, Sample, Scenario } from '../harness/scenario.ts'

const NULL_WINDOWS = 20_000
const PLANTED_RUNS = 200
/** A warm-up round is thrown away: a small part of a round is enough. */
const WARM_UP = 0.01

/** Delay bars in the unit of the window, from the onset. */
const DELAY_P90: Readonly<Record<PatternKind, number>> = {
  herding: 240,
  ping_pong: 120,
  wait_cycle: Number.POSITIVE_INFINITY,
  failure_cascade: 2_000,
  specialisation: 500,
  polarisation: 40,
  synchrony: 300,
  clusters: 800,
}
const FOUND_MIN: Readonly<Record<PatternKind, number>> = {
  herding: 95,
  ping_pong: 95,
  wait_cycle: 100,
  failure_cascade: 90,
  specialisation: 95,
  polarisation: 95,
  synchrony: 95,
  clusters: 95,
}
const ALARMS_MAX = 6

/** Detectors of patterns on planted effects and on null streams that look alike. Each round has a seed of its own. */
export const intelligencePatterns: Scenario = {
  name: 'intelligence-patterns',
  title: `Detectors: alarms in ${NULL_WINDOWS} null windows, cheap rule per 10 000, planted effects found, delay from the onset`,
  metrics: [
    { name: 'falseAlarms', unit: '', better: 'lower' },
    { name: 'cheapRule', unit: '/10 000', better: 'lower' },
    { name: 'found', unit: '%', better: 'higher' },
    { name: 'named', unit: '%', better: 'higher' },
    { name: 'delayP50', unit: '', better: 'lower' },
    { name: 'delayP90', unit: '', better: 'lower' },
  ],
  baseline: 'none',
  bars: TRIALS.flatMap(({ kind }) => barsOf(kind)),
  contenders: [...TRIALS.map(asSpecified), ...TRIALS.map(shifted), plantedFile()],
}

/** What the response to herding gives back: simulated queues, the detector, responder and planner of the product. */
export const intelligencePatternResponses: Scenario = {
  name: 'intelligence-pattern-responses',
  title:
    'Responses: mean response time of tasks under herding, and failures in the 20 s after a cascade was found',
  metrics: [
    { name: 'meanResponse', unit: 's', better: 'lower' },
    { name: 'failuresAfter', unit: '', better: 'lower' },
  ],
  baseline: 'fresh',
  bars: [{ contender: 'response-on', metric: 'meanResponse', of: 'ratio', limit: 1.5 }],
  contenders: [
    responseContender('fresh', 'power of two choices, no herding', { isHerding: false, isResponding: true }),
    responseContender('response-off', 'stale board from assignment 600 on', {
      isHerding: true,
      isResponding: false,
    }),
    responseContender('response-on', 'the same, with spread_load and open_breakers', {
      isHerding: true,
      isResponding: true,
    }),
  ],
}

function responseContender(
  name: string,
  about: string,
  world: { readonly isHerding: boolean; readonly isResponding: boolean },
): Contender {
  return {
    name,
    about: `${about}; scored from 500 assignments after the onset on`,
    open: () => {
      let seed = 0
      return Promise.resolve({
        round: async () => {
          seed += 1
          const { meanResponseS } = await herdingResponse(seed, world)
          if (!world.isHerding) return { meanResponse: meanResponseS }
          const { failuresAfter } = await cascadeResponse(seed, world.isResponding)
          return { meanResponse: meanResponseS, failuresAfter }
        },
        close: () => Promise.resolve(),
      })
    },
  }
}

function barsOf(kind: PatternKind): Bar[] {
  const contender = nameOf(kind)
  const alarms = [contender, `${contender}-shifted`].map((name) => {
    return {
      contender: name,
      metric: 'falseAlarms',
      of: 'value',
      limit: kind === 'wait_cycle' ? 0 : ALARMS_MAX,
    } as const
  })
  const bars: Bar[] = [
    ...alarms,
    { contender, metric: 'found', of: 'value', limit: FOUND_MIN[kind] },
    { contender, metric: 'named', of: 'value', limit: kind === 'wait_cycle' ? 100 : 95 },
  ]
  const limit = DELAY_P90[kind]
  return Number.isFinite(limit) ? [...bars, { contender, metric: 'delayP90', of: 'value', limit }] : bars
}

function nameOf(kind: PatternKind): string {
  return kind.replaceAll('_', '-')
}

function asSpecified(trial: PatternTrial): Contender {
  const rule = CHEAP_RULES[trial.kind]
  return {
    name: nameOf(trial.kind),
    about: `window ${trial.window}, ${trial.agents} agents; cheap rule: ${rule?.name ?? 'none'}`,
    open: sessionOf((seed, scale) => {
      const windows = Math.ceil(NULL_WINDOWS * scale)
      const nulls = countFalseAlarms(trial, { seed, windows, ...(rule && { cheapRule: rule.rule }) })
      const sample = plantedSample(
        findPlanted(trial, { seed: seed + 500, runs: Math.ceil(PLANTED_RUNS * scale) }),
      )
      return { ...sample, falseAlarms: nulls.alarms, cheapRule: (nulls.cheapAlarms / windows) * 10_000 }
    }),
  }
}

/** Rates, agents and windows other than specified, the next ones with each round. */
function shifted(trial: PatternTrial): Contender {
  const shifts = [
    { agents: 10, rate: 1, window: trial.window },
    { agents: 40, rate: 1, window: trial.window },
    { agents: trial.agents, rate: 3, window: trial.window },
    { agents: trial.agents, rate: 0.5, window: 2 * trial.window },
    { agents: 40, rate: 1, window: Math.ceil(trial.window / 2) },
  ]
  return {
    name: `${nameOf(trial.kind)}-shifted`,
    about: '10 and 40 agents, rate × 3 and × 0.5, window × 2 and × 0.5, one of them a round',
    open: sessionOf((seed, scale) => {
      const { window, ...shift } = shifts[seed % shifts.length]!
      const nulls = countFalseAlarms(trial, {
        seed: seed + 1_000,
        windows: Math.ceil(NULL_WINDOWS * scale),
        window,
        shift,
      })
      const runs = Math.ceil((PLANTED_RUNS / 4) * scale)
      return {
        ...plantedSample(findPlanted(trial, { seed: seed + 1_500, runs, window, shift })),
        falseAlarms: nulls.alarms,
      }
    }),
  }
}

function sessionOf(round: (seed: number, scale: number) => Sample): Contender['open'] {
  return () => {
    let seed = 0
    return Promise.resolve({
      round: ({ scale }) => {
        const sample = round(seed, seed === 0 ? WARM_UP : scale)
        seed += 1
        return Promise.resolve(sample)
      },
      close: () => Promise.resolve(),
    })
  }
}

function plantedSample({ runs, found, named, delays }: ReturnType<typeof findPlanted>): Sample {
  const quantile = (share: number) => delays[Math.ceil(share * delays.length) - 1] ?? Number.NaN
  return {
    found: (100 * found) / runs,
    named: found === 0 ? Number.NaN : (100 * named) / found,
    delayP50: quantile(0.5),
    delayP90: quantile(0.9),
  }
}

const ONSET = 6_000

/** The file with herding planted from assignment 6 000 on; alarms before it are false ones. */
function plantedFile(): Contender {
  const path = `${process.env['AMOS_DATASETS'] ?? '../shared/data'}/planted-herding/herd_seed1.csv.gz`
  const contender: Contender = {
    name: 'herding-file',
    about: `${path}: 6 000 fresh assignments, 6 000 with a stale board; one deterministic run`,
    open: sessionOf(() => replay(path)),
  }
  return existsSync(path) ? contender : { ...contender, absence: `${path} is not there` }
}

function replay(path: string): Sample {
  const [, ...lines] = gunzipSync(readFileSync(path)).toString().trim().split('\n')
  const observations = lines.flatMap((line, index): Observation[] => {
    const [at = 0, agent = 0, response = 0] = line.split(',').map(Number)
    const task = { taskId: `task-${index}`, agentId: `agent-${agent}` }
    return [
      { kind: 'assigned', sequence: index, at: at * 1_000, taskType: 'work', ...task },
      { kind: 'ended', sequence: index, at: (at + response) * 1_000, outcome: 'completed', ...task },
    ]
  })
  const detector = new HerdingDetector()
  const found: number[] = []
  let assigned = 0
  for (const observation of observations.toSorted((a, b) => a.at - b.at)) {
    if (observation.kind === 'assigned') assigned += 1
    if ((detector.observe(observation)?.found.length ?? 0) > 0) found.push(assigned - ONSET)
  }
  const delay = found.find((after) => after > 0) ?? Number.NaN
  return {
    falseAlarms: found.filter((after) => after <= 0).length,
    found: Number.isNaN(delay) ? 0 : 100,
    delayP50: delay,
    delayP90: delay,
  }
}
