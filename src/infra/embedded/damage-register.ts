import { SwarmError } from '#domain/model/errors.ts'
import type { Scope } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'

/** Past it further findings are counted and logged once more each time they are read. */
const KNOWN_MAX = 10_000

/** What was found damaged since the store was opened: each is logged and counted once. */
export class DamageRegister {
  readonly #logger: Logger
  readonly #known = new Set<string>()
  readonly #indexes = new Set<string>()
  #count = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  get count(): number {
    return this.#count
  }

  /**
   * @param kind of the record; `event`, or the name of another entry
   * @returns the error for whoever asked for it
   */
  found(scope: Scope | '', kind: string, id: string): SwarmError<'record_damaged'> {
    const name = `${scope}/${kind}/${id}`
    if (!this.#known.has(name)) {
      if (this.#known.size < KNOWN_MAX) this.#known.add(name)
      this.#count += 1
      this.#logger.error({ scope, kind, id }, 'record damaged')
    }
    return new SwarmError('record_damaged', { kind, id })
  }

  /** An entry of the index of the scope's open records of that kind is damaged. */
  indexFound(scope: Scope, kind: string): void {
    this.#indexes.add(`${scope}/${kind}`)
  }

  isIndexDamaged(scope: Scope, kind: string): boolean {
    return this.#indexes.has(`${scope}/${kind}`)
  }
}
