import { type Scope, splitScope, tenantScope } from '#domain/model/ids.ts'
import type { RecordKinds } from '#domain/model/record-kind.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { eventsKey, keysOfKind, MARKER_KEY, metaKey } from '../redis-keys.ts'
import type { RedisLink } from '../redis-link.ts'
import { OTHER_STORE } from '../scripts/answers.ts'
import { integrityScript } from '../scripts/integrity-script.ts'
import type { StoreIdentity } from './store-identity.ts'

const CHECK_EVERY_MS = 5_000

export interface ScopeIntegrityModules {
  readonly link: RedisLink
  readonly identity: StoreIdentity
  readonly kinds: RecordKinds
  readonly clock: Clock
  readonly logger: Logger
  /** The scopes that this node coordinates. */
  scopes(): Iterable<Scope>
}

/**
 * Whether the keys of the scopes are still as the commits have left them. Where something is missing the store is lost.
 *
 * A scope is looked at when it is claimed, and every 5 s after that, together with the scope of its tenant.
 */
export class ScopeIntegrity {
  readonly #modules: ScopeIntegrityModules
  #cancelCheck: () => void = () => {}
  #isStopped = false

  constructor(modules: ScopeIntegrityModules) {
    this.#modules = modules
    this.#schedule()
  }

  /**
   * @param isAnew after an operator accepted a loss: what is there is indexed and counted anew
   * @throws SwarmError `store_unavailable` where something is missing
   */
  async check(scope: Scope, { isAnew = false }: { readonly isAnew?: boolean } = {}): Promise<void> {
    const { link, identity, kinds } = this.#modules
    const [answer, key] = (await integrityScript.run(
      link.client,
      [metaKey(scope), eventsKey(scope), MARKER_KEY, ...kinds.all.flatMap((kind) => keysOfKind(scope, kind))],
      [
        identity.requireStoreId(),
        isAnew ? 1 : 0,
        ...kinds.all.flatMap(({ name, isListed }) => [name, isListed ? 1 : 0]),
      ],
    )) as [number, string | undefined]
    if (answer === 1) return
    if (answer !== OTHER_STORE) await identity.keysMissing(key ?? metaKey(scope))
    await identity.refused()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelCheck()
  }

  #schedule(): void {
    this.#cancelCheck = this.#modules.clock.setTimer(CHECK_EVERY_MS, () => {
      void this.#checkAll().then(() => this.#isStopped || this.#schedule())
    })
  }

  async #checkAll(): Promise<void> {
    const { link, identity, logger, scopes } = this.#modules
    if (!link.isUp || identity.loss !== undefined) return
    const own = [...scopes()]
    const all = new Set([...own, ...own.map((scope) => tenantScope(splitScope(scope).tenant))])
    try {
      for (const scope of all) await this.check(scope)
    } catch (error) {
      logger.debug({ error }, 'keys not looked at')
    }
  }
}
