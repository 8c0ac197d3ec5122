import { assertNever } from '../../model/errors.ts'
import type { PatternKind } from '../../model/pattern-settings.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import type { PatternActions } from './pattern-actions.ts'
import type { PatternResponse, ResponseAction } from './pattern-record.ts'
import type { Pattern } from './pattern-tracker.ts'

export interface PatternResponderModules {
  readonly actions: PatternActions
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** How the swarm answers each kind. Where there is nothing that it could do by itself, it tells the operator. */
export const ACTION_OF: Readonly<Record<PatternKind, ResponseAction>> = {
  herding: 'spread_load',
  ping_pong: 'break_bounce',
  wait_cycle: 'fail_task',
  failure_cascade: 'open_breakers',
  specialisation: 'notify_operator',
  polarisation: 'notify_operator',
  synchrony: 'stagger',
  clusters: 'notify_operator',
}

const SPREAD_MS = 600_000
const DETOUR_MS = 300_000
const REST_MS_MAX = 60_000
/** A response that acts on the swarm as a whole is not repeated within this time, in milliseconds. */
const REPEAT_MS = 60_000
/** Share of the agents whose breakers one response opens at most. */
const BREAKERS_SHARE_MAX = 0.5

/** Answers patterns. It acts on what a pattern names and on nothing else, and each action ends by itself. */
export class PatternResponder {
  readonly #modules: PatternResponderModules

  constructor(modules: PatternResponderModules) {
    this.#modules = modules
  }

  /**
   * Acts, unless the same was done a moment ago.
   *
   * @returns what was done, or undefined
   */
  async respond(pattern: Pattern, earlier: readonly PatternResponse[]): Promise<PatternResponse | undefined> {
    const last = earlier.at(-1)
    const done = new Set(earlier.flatMap(({ taskIds }) => taskIds))
    const isNew = pattern.taskIds.some((taskId) => !done.has(taskId))
    const { clock } = this.#modules
    if (last !== undefined && !isNew && clock.now() - last.at < REPEAT_MS) return undefined
    const response = { action: ACTION_OF[pattern.kind], agentIds: pattern.agentIds, taskIds: [] }
    return { ...response, at: clock.now(), ...(await this.#act(pattern, response.action)) }
  }

  async #act(
    pattern: Pattern,
    action: ResponseAction,
  ): Promise<Partial<PatternResponse> & Pick<PatternResponse, 'durationMs'>> {
    const { actions, logger } = this.#modules
    const { agentIds, taskIds, kind, severity, patternId } = pattern
    switch (action) {
      case 'spread_load':
        actions.spreadLoad(SPREAD_MS)
        return { durationMs: SPREAD_MS }
      case 'break_bounce':
        actions.detour(taskIds, agentIds, DETOUR_MS)
        return { durationMs: DETOUR_MS, taskIds }
      case 'fail_task':
        return this.#failNewest(pattern)
      case 'open_breakers':
        return this.#openBreakers(agentIds)
      case 'stagger':
        return this.#stagger(pattern)
      case 'notify_operator':
        logger.warn({ patternId, kind, severity, agentIds }, 'pattern needs an operator')
        return { durationMs: 0 }
      default:
        return assertNever(action)
    }
  }

  /** The newest wait closed the cycle; without its task the others can go on. */
  async #failNewest({ agentIds, taskIds, patternId }: Pattern) {
    const [newest] = taskIds
    if (newest === undefined) return { durationMs: 0 }
    const message = `its wait closed the cycle ${agentIds.join(' → ')} → ${agentIds[0] ?? ''} (pattern ${patternId})`
    await this.#modules.actions.failTask(newest, { code: 'wait_cycle', message })
    return { durationMs: 0, taskIds: [newest] }
  }

  /** Those that failed most often, and never more than half of the swarm. */
  #openBreakers(agentIds: readonly string[]) {
    const { actions } = this.#modules
    const countMax = Math.max(1, Math.floor(actions.agentCount() * BREAKERS_SHARE_MAX))
    const opened = agentIds.slice(0, countMax)
    actions.openBreakers(opened)
    return { durationMs: 0, agentIds: opened }
  }

  /** Each agent rests for a random part of the period that they share. */
  #stagger({ agentIds, periodMs = 0 }: Pattern) {
    const { actions, random } = this.#modules
    const durationMs = Math.min(REST_MS_MAX, Math.round(periodMs))
    for (const agentId of agentIds) actions.rest(agentId, Math.round(random.next() * durationMs))
    return { durationMs }
  }
}
