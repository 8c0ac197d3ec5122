import type { AdviceView, ExperiencePage, ExperienceView, OutcomeReport } from '#contract/index.ts'
import type { HttpRequest } from './http-connection.ts'
import type { CallOptions } from './swarm-client-options.ts'

export interface LearningClientModules {
  /** A call under the swarm's own path. */
  call<T>(request: HttpRequest): Promise<T>
  /** The same for an answer that is no JSON. */
  open(request: HttpRequest): Promise<Response>
}

export interface ExperienceFilter {
  readonly type?: string
  readonly agentId?: string
  readonly method?: string
  readonly outcome?: ExperienceView['outcome']
  /** Only what came after the event with this sequence number. */
  readonly after?: number
}

export interface AdviceOptions extends CallOptions {
  /** What one unit of cost is worth in units of success. Default 0. */
  readonly costWeight?: number
}

/** What the swarm has learned from finished work: {@link SwarmClient.learning}. */
export class LearningClient {
  readonly #modules: LearningClientModules

  constructor(modules: LearningClientModules) {
    this.#modules = modules
  }

  /** Shares how a piece of work ended and the method it was done by. Finished tasks count by themselves. */
  reportOutcome(report: OutcomeReport): Promise<void> {
    return this.#modules.call({ method: 'POST', path: '/learning/outcomes', body: report })
  }

  /** What has worked for others at a type of work: agents and methods, best first. */
  advice(type: string, { signal, ...query }: AdviceOptions = {}): Promise<AdviceView> {
    return this.#modules.call({
      method: 'GET',
      path: `/learning/advice/${encodeURIComponent(type)}`,
      query,
      signal,
    })
  }

  /** A page of finished work, oldest first; `next` is the `after` of the next one. */
  listExperience({
    signal,
    ...query
  }: ExperienceFilter & CallOptions & { readonly pageSize?: number } = {}): Promise<ExperiencePage> {
    return this.#modules.call({ method: 'GET', path: '/learning/experience', query, signal })
  }

  /** The same as a file. */
  async exportExperience(
    format: 'csv' | 'jsonl',
    { signal, ...filter }: ExperienceFilter & CallOptions = {},
  ): Promise<string> {
    const query = { ...filter, format }
    const path = '/learning/experience/export'
    return (await this.#modules.open({ method: 'GET', path, query, signal })).text()
  }

  /** Types of work that something is known of; the one with the newest outcome comes last. */
  async types({ signal }: CallOptions = {}): Promise<readonly string[]> {
    const request = { method: 'GET', path: '/learning/types', signal } as const
    return (await this.#modules.call<{ readonly types: readonly string[] }>(request)).types
  }
}
