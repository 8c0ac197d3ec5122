import { AGENT_TRAILS_DEFAULTS, type AgentTrailsSettings } from '#domain/intelligence/trails/agent-trails.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import {
  type Rule,
  randomRule,
  runSpecialists,
  type SpecialistsRun,
  thompsonRule,
  trailRule,
} from './specialists.ts'

const ROUNDS = 2_000
/** The measure is of eight seeds. */
const SEEDS_MIN = 8

/** S2: agents drawn by the trails of (type, agent), where the specialists change half way. */
export function assignmentRows({ seeds: given, onProgress }: ProtocolRequest): ProtocolRow[] {
  onProgress('assignment by trails')
  const seeds = atLeast(given, SEEDS_MIN)
  const run = (rule: (random: SeededRandom) => Rule): SpecialistsRun[] =>
    seeds.map((seed) => {
      const random = new SeededRandom(seed)
      return runSpecialists({ rounds: ROUNDS }, rule(random.fork()), random)
    })
  const byTrails = (settings: Partial<AgentTrailsSettings> = {}): SpecialistsRun[] =>
    run((random) => trailRule({ ...AGENT_TRAILS_DEFAULTS, ...settings }, random))
  const trails = byTrails()
  const kept = byTrails({ evaporation: 0 })
  const undeposited = byTrails({ successDeposit: 0, failurePenalty: 0 })
  const atRandom = run(randomRule)
  const thompson = [run((random) => thompsonRule(1, random)), run((random) => thompsonRule(0.995, random))]
  const regret = (runs: readonly SpecialistsRun[]): number =>
    meanOf(runs.map(({ oracle, success }) => oracle - success))
  const least = Math.min(...thompson.map(regret))
  return [
    {
      what: 'S2: success over the run',
      figures: successOf(trails),
      bar: { is: 'at least', limit: 0.78 },
      ablation: { what: 'evaporation off', figures: successOf(kept) },
    },
    {
      what: 'S2: success gained by evaporation',
      figures: differences(trails, kept),
      bar: { is: 'at least', limit: 0.05 },
    },
    ...[0, 1].map((phase) => ({
      what: `S2: success in the last fifth of phase ${phase + 1}`,
      figures: trails.map(({ phaseEnds }) => phaseEnds[phase] ?? Number.NaN),
      bar: { is: 'at least' as const, limit: 0.84 },
    })),
    {
      what: "S2: regret over the better Thompson's",
      figures: [regret(trails) / least],
      bar: { is: 'at most', limit: 0.7 },
      ablation: { what: 'Thompson: success', figures: thompson.map((runs) => meanOf(successOf(runs))) },
    },
    {
      what: 'S2: deposits off, distance to random',
      figures: [Math.abs(meanOf(successOf(undeposited)) - meanOf(successOf(atRandom)))],
      bar: { is: 'at most', limit: 0.01 },
      ablation: { what: 'random: success', figures: successOf(atRandom) },
    },
    nullRow(seeds),
  ]
}

/** Where all agents are alike none may be given much more than the others: 2 000 tasks, highest share over the fair one. */
function nullRow(seeds: readonly number[]): ProtocolRow {
  const figures = seeds.map((seed) => {
    const random = new SeededRandom(seed)
    const rule = trailRule(AGENT_TRAILS_DEFAULTS, random.fork())
    const { shares } = runSpecialists({ rounds: 500, nullRate: 0.6 }, rule, random)
    return Math.max(...shares) / meanOf(shares)
  })
  return {
    what: 'S2: null world, highest share over the fair one',
    figures,
    bar: { is: 'at most', limit: 3, of: 'each seed' },
  }
}

function successOf(runs: readonly SpecialistsRun[]): number[] {
  return runs.map(({ success }) => success)
}

function differences(runs: readonly SpecialistsRun[], others: readonly SpecialistsRun[]): number[] {
  return runs.map(({ success }, index) => success - (others[index]?.success ?? Number.NaN))
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function atLeast(seeds: readonly number[], count: number): number[] {
  const last = Math.max(...seeds)
  const more = Array.from({ length: Math.max(0, count - seeds.length) }, (_, index) => last + index + 1)
  return [...seeds, ...more]
}
