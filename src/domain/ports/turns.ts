import type { TenantId } from '../model/ids.ts'

export interface Admission {
  /** Resolves when the request may begin; undefined where it may begin at once. */
  readonly turn: Promise<void> | undefined
  /** To be called when the request is answered or given up, whether its turn came or not. */
  end(): void
}

/**
 * Shares the event loop of a node between tenants.
 *
 * Work of a tenant begins at once while no other tenant is active. While several are, a bounded amount of work begins in
 * one turn of the event loop, the tenants that wait are served in turn, each according to the cost of its work, and few
 * requests of one tenant are in progress at once. The work of one tenant keeps its order.
 *
 * A cost is more than 0, and 1 for the work of a small request.
 */
export interface Turns {
  admit(tenant: TenantId, cost: number): Admission
  /** For work of requests that are admitted, and for work that is not a request. As {@link Admission.turn}. */
  enter(tenant: TenantId, cost: number): Promise<void> | undefined
  /** How many requests of the tenant wait. */
  waitingCount(tenant: TenantId): number
}
