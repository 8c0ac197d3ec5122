import { unchanged } from '../../kernel/swarm-journal.ts'
import { SwarmError } from '../../model/errors.ts'
import { type Scope, splitScope, tenantScope } from '../../model/ids.ts'
import { recordKind } from '../../model/record-kind.ts'
import { put } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'

/** How many bytes of a tenant's memory each of its swarms may use. */
export interface MemoryShares {
  readonly bytesBySwarm: readonly (readonly [swarmId: string, bytes: number])[]
}

/** In the tenant's own scope. */
export const MEMORY_SHARE_RECORDS = recordKind<MemoryShares>('memory_share')

const ID = 'memory'
/** A swarm takes so many bytes at a time, or as many as it needs. */
const SLICE_BYTES = 16 * 1024 * 1024

/**
 * One swarm's share of its tenant's memory. A step covers one swarm only, so that the swarm takes slices of the tenant's
 * bytes beforehand, and writes within them. What it took and does not use it keeps until it is deleted.
 */
export class TenantShare {
  readonly #bytesMax: number
  readonly #scope: Scope
  readonly #store: SwarmStore
  #granted = 0
  #growing: Promise<void> = Promise.resolve()

  constructor(bytesMax: number, { scope, store }: { readonly scope: Scope; readonly store: SwarmStore }) {
    this.#bytesMax = bytesMax
    this.#scope = scope
    this.#store = store
  }

  /** Resolves when the share covers so many bytes in all. @throws SwarmError `limit_exceeded` */
  async cover(bytes: number): Promise<void> {
    if (bytes <= this.#granted) return
    const turn = this.#growing.then(() => (bytes <= this.#granted ? undefined : this.#grow(bytes)))
    this.#growing = turn.catch(() => undefined)
    await turn
  }

  /** Gives all of it back: the swarm is deleted. */
  async release(): Promise<void> {
    this.#granted = 0
    await this.#change((others) => ({ bytes: 0, others }))
  }

  async #grow(bytes: number): Promise<void> {
    this.#granted = await this.#change((others) => {
      const free = this.#bytesMax - others
      if (bytes > free)
        throw new SwarmError('limit_exceeded', {
          limitName: 'memoryTenantBytesMax',
          limit: this.#bytesMax,
          actual: others + bytes,
        })
      return { bytes: Math.min(free, Math.ceil(bytes / SLICE_BYTES) * SLICE_BYTES), others }
    })
  }

  async #change(decide: (others: number) => { readonly bytes: number }): Promise<number> {
    const { tenant, swarm = '' } = splitScope(this.#scope)
    const { result } = await this.#store.transact({
      scope: tenantScope(tenant),
      keys: [{ kind: MEMORY_SHARE_RECORDS, id: ID }] as const,
      decide: ([stored]) => {
        const rest = (stored?.value.bytesBySwarm ?? []).filter(([id]) => id !== swarm)
        const { bytes } = decide(rest.reduce((sum, [, share]) => sum + share, 0))
        const bytesBySwarm = bytes === 0 ? rest : [...rest, [swarm, bytes] as const]
        return { ...unchanged(bytes), writes: [put(MEMORY_SHARE_RECORDS, ID, { bytesBySwarm })] }
      },
    })
    return result
  }
}
