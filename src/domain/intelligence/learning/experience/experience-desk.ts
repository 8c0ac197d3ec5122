import type { AgentRegistry } from '../../../agents/agent-registry.ts'
import type { DurableProjection } from '../../../kernel/durable-projection.ts'
import type { SwarmJournal } from '../../../kernel/swarm-journal.ts'
import { eventDraft } from '../../../model/events.ts'
import type { Clock } from '../../../ports/clock.ts'
import { adviceOf } from '../estimates/advice.ts'
import type { Advice, AdviceRequest, ReportOutcomeRequest } from '../learning-service.ts'
import type { ExperienceList, ExperienceQuery } from './experience-log.ts'
import type { LearningState } from './learning-state.ts'

export interface ExperienceDeskModules {
  readonly journal: SwarmJournal
  readonly registry: AgentRegistry
  readonly learned: LearningState
  readonly projection: DurableProjection
  readonly clock: Clock
}

/** Takes in outcomes that agents report, and answers what was learned from all. */
export class ExperienceDesk {
  readonly #modules: ExperienceDeskModules

  constructor(modules: ExperienceDeskModules) {
    this.#modules = modules
  }

  async report({ agentId, type, method, isSuccess, ...facts }: ReportOutcomeRequest): Promise<null> {
    const { journal, registry, clock } = this.#modules
    if (agentId !== undefined) registry.get(agentId)
    const subject = agentId ?? 'client'
    const data = {
      taskType: type,
      method,
      isSuccess,
      ...(agentId === undefined ? {} : { agentId }),
      ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    }
    const event = eventDraft('learning.outcome', subject, clock.now(), data)
    await journal.transact([], () => ({ writes: [], events: [event], ready: [], result: null }))
    return null
  }

  experience(query: ExperienceQuery): ExperienceList & { readonly isComplete: boolean } {
    return { ...this.#modules.learned.experiences.find(query), isComplete: this.#isComplete }
  }

  advice({ type, costWeight }: AdviceRequest): Advice {
    const { agents, methods } = this.#modules.learned
    return {
      agents: adviceOf(agents.of(type), { costWeight }),
      methods: adviceOf(methods.of(type), { costWeight }),
      isComplete: this.#isComplete,
    }
  }

  types(): readonly string[] {
    const { agents, methods } = this.#modules.learned
    return [...new Set([...agents.types(), ...methods.types()])]
  }

  get #isComplete(): boolean {
    const { isReady, isIncomplete } = this.#modules.projection
    return isReady && !isIncomplete
  }
}
