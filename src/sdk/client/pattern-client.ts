import type { PatternPage, PatternView } from '#contract/index.ts'
import type { HttpRequest } from './http-connection.ts'
import type { CallOptions, PageOptions, PatternFilter } from './swarm-client-options.ts'

export interface PatternClientModules {
  /** A call under the swarm's own path. */
  call<T>(request: HttpRequest): Promise<T>
}

/** Patterns that the swarm noticed in its event log: {@link SwarmClient.patterns}. */
export class PatternClient {
  readonly #modules: PatternClientModules

  constructor(modules: PatternClientModules) {
    this.#modules = modules
  }

  /** Newest first. */
  list({ signal, ...query }: PatternFilter & PageOptions = {}): Promise<PatternPage> {
    return this.#modules.call({ method: 'GET', path: '/patterns', query, signal })
  }

  /** Agents, evidence, severity and what was done about it. */
  get(patternId: string, { signal }: CallOptions = {}): Promise<PatternView> {
    return this.#modules.call({ method: 'GET', path: pathOf(patternId), signal })
  }

  /** Notes that an operator has seen the pattern. */
  acknowledge(patternId: string, note?: string): Promise<PatternView> {
    return this.#review(patternId, 'acknowledge', note)
  }

  /** Notes that the pattern is no problem: the swarm does not respond to it any more. */
  dismiss(patternId: string, note?: string): Promise<PatternView> {
    return this.#review(patternId, 'dismiss', note)
  }

  #review(patternId: string, verdict: string, note: string | undefined): Promise<PatternView> {
    const body = note === undefined ? {} : { note }
    const path = `${pathOf(patternId)}/${verdict}`
    return this.#modules.call({ method: 'POST', path, body, isRepeatable: true })
  }
}

function pathOf(patternId: string): string {
  return `/patterns/${encodeURIComponent(patternId)}`
}
