import type { AgentId } from '../../model/ids.ts'
import type { TrailsSettings } from '../../model/strategy-settings.ts'
import type { Random } from '../../ports/random.ts'
import { drawOption, followProbabilities } from './follow-trails.ts'
import { deposited, levelAt, type TrailMark } from './trail-level.ts'
import type { TrailSettings } from './trail-settings.ts'

/** How the trails behave; see {@link TrailsSettings}. */
export type AgentTrailsSettings = Omit<TrailsSettings, 'kind'>

export const AGENT_TRAILS_DEFAULTS: AgentTrailsSettings = {
  evaporation: 0.02,
  successDeposit: 0.15,
  failurePenalty: 0.15,
  min: 0.05,
  max: 1,
  alpha: 3,
}

/** Task types that are remembered; the one that was not heard of for longest is forgotten first. */
const TYPES_MAX = 1_000
/** Agents that are remembered for one type; likewise. */
const AGENTS_MAX = 10_000

interface TypeTrails {
  /** Outcomes of the type so far: the time on which its trails evaporate. */
  outcomes: number
  readonly marks: Map<AgentId, TrailMark>
}

/** What is kept over a restart. Plain JSON data. */
export type AgentTrailsState = readonly {
  readonly type: string
  readonly outcomes: number
  /** Agent, level, outcomes of the type at that level. */
  readonly marks: readonly (readonly [AgentId, number, number])[]
}[]

/**
 * Pheromone trails from task types to agents: outcomes strengthen or weaken them, evaporation forgets, and an agent is
 * drawn by the strength of its trail. Limits as in MAX-MIN ant systems (Stützle & Hoos 2000).
 */
export class AgentTrails {
  readonly #given: () => AgentTrailsSettings | undefined
  /** The type that was heard of last stands last. */
  readonly #types = new Map<string, TypeTrails>()

  /** @param settings read at each use, since a swarm's strategy can be changed; the defaults where it gives none */
  constructor(settings: () => AgentTrailsSettings | undefined, state: AgentTrailsState = []) {
    this.#given = settings
    for (const { type, outcomes, marks } of state) {
      this.#types.set(type, {
        outcomes,
        marks: new Map(marks.map(([agentId, level, at]) => [agentId, { level, at }])),
      })
    }
  }

  get #settings(): AgentTrailsSettings {
    return this.#given() ?? AGENT_TRAILS_DEFAULTS
  }

  get #levels(): TrailSettings {
    const { evaporation: rate, min, max } = this.#settings
    return {
      evaporation: { unit: 'deposits', rate },
      min,
      max,
      initial: (min + max) / 2,
      limitsApplied: 'deposit',
    }
  }

  /** The outcome of one attempt. */
  record({ type, agentId, hasSucceeded }: TrailOutcome): void {
    const trails: TypeTrails = this.#types.get(type) ?? { outcomes: 0, marks: new Map() }
    const { successDeposit, failurePenalty } = this.#settings
    trails.outcomes += 1
    const amount = hasSucceeded ? successDeposit : -failurePenalty
    const mark = deposited(this.#levels, trails.marks.get(agentId) ?? this.#untouched(), {
      level: amount,
      at: trails.outcomes,
    })
    moveLast(trails.marks, agentId, mark, AGENTS_MAX)
    moveLast(this.#types, type, trails, TYPES_MAX)
  }

  level(type: string, agentId: AgentId): number {
    const trails = this.#types.get(type)
    return levelAt(this.#levels, trails?.marks.get(agentId) ?? this.#untouched(), trails?.outcomes ?? 0)
  }

  /** One of the agents, drawn by the strength of its trail; undefined where there are none. */
  draw<T extends { readonly agentId: AgentId }>(
    type: string,
    agents: readonly T[],
    random: Random,
  ): T | undefined {
    const options = agents.map(({ agentId }) => ({ level: this.level(type, agentId), heuristic: 1 }))
    const probabilities = followProbabilities(options, { alpha: this.#settings.alpha, beta: 0 })
    const index = drawOption(probabilities, random)
    return index === undefined ? undefined : agents[index]
  }

  get state(): AgentTrailsState {
    return [...this.#types].map(([type, { outcomes, marks }]) => ({
      type,
      outcomes,
      marks: [...marks].map(([agentId, { level, at }]) => [agentId, level, at] as const),
    }))
  }

  /** An agent that comes later finds the initial level, faded like every other. */
  #untouched(): TrailMark {
    return { level: this.#levels.initial, at: 0 }
  }
}

export interface TrailOutcome {
  readonly type: string
  readonly agentId: AgentId
  readonly hasSucceeded: boolean
}

function moveLast<K, V>(map: Map<K, V>, key: K, value: V, sizeMax: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= sizeMax) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
