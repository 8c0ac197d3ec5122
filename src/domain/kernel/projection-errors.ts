import type { Logger } from '../ports/logger.ts'

/** Logs and counts the errors of projections, by the name of the projection. */
export class ProjectionErrors {
  readonly #logger: Logger
  readonly #counts = new Map<string, number>()

  constructor({ logger }: { readonly logger: Logger }) {
    this.#logger = logger
  }

  /** @param sequence of the event that was read */
  add(projection: string, error: unknown, sequence: number): void {
    this.#counts.set(projection, (this.#counts.get(projection) ?? 0) + 1)
    this.#logger.error({ error, projection, sequence }, 'projection failed')
  }

  /** Since this node opened the swarm. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}
