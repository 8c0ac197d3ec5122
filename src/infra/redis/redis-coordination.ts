import { type MonotonicMs, type NodeId, type Scope, type SwarmEpoch, swarmEpoch } from '#domain/model/ids.ts'
import type { RecordKinds } from '#domain/model/record-kind.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { ClaimOutcome, Coordination } from '#domain/ports/coordination.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { StoreLoss } from '#domain/ports/swarm-store.ts'
import { ScopeIntegrity } from './identity/scope-integrity.ts'
import type { StoreIdentity } from './identity/store-identity.ts'
import type { RedisHealth } from './redis-health.ts'
import { coordinatorKey, MARKER_KEY, metaKey } from './redis-keys.ts'
import { asUnavailable, type RedisLink } from './redis-link.ts'
import { NUMBERS_MISSING, OTHER_STORE } from './scripts/answers.ts'
import { claimScript, releaseScript, renewScript } from './scripts/coordination-scripts.ts'

const CLAIM_TTL_MS = 2_000
const RENEW_EVERY_MS = 500
/** So long a claim that Redis does not confirm is kept: while Redis is away, nobody else can have the swarm either. */
const UNCONFIRMED_MAX_MS = 10_000
/** Epochs count at least the seconds since then, so that one forgotten with a lost tail is not given again. */
const EPOCH_ORIGIN_SECONDS = Date.UTC(2026, 0, 1) / 1_000
/** More events than a scope can write between two syncs of Redis' file. */
const LOST_SEQUENCES_MAX = 1_000_000

interface Claim {
  readonly epoch: SwarmEpoch
  /** When the renewal that Redis last confirmed was sent. */
  readonly renewedAt: MonotonicMs
  /** A claim is worth nothing in another run of Redis. */
  readonly runId: string
  /** Whether the last renewal went unanswered, though Redis may have done it. */
  readonly isInDoubt: boolean
}

export interface RedisCoordinationModules {
  readonly link: RedisLink
  readonly health: RedisHealth
  readonly identity: StoreIdentity
  readonly kinds: RecordKinds
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * One key with a time to live for each scope that is coordinated.
 *
 * The key says who may try; what keeps an old coordinator from writing is the epoch that each commit compares.
 */
export class RedisCoordination implements Coordination {
  readonly nodeId: NodeId
  readonly #link: RedisLink
  readonly #health: RedisHealth
  readonly #identity: StoreIdentity
  readonly #integrity: ScopeIntegrity
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #claims = new Map<Scope, Claim>()
  readonly #listeners: ((scope: Scope) => void)[] = []
  #cancelTimer: () => void = () => {}
  #isStopped = false

  constructor(nodeId: NodeId, modules: RedisCoordinationModules) {
    const { link, health, identity, clock, logger } = modules
    this.nodeId = nodeId
    this.#link = link
    this.#health = health
    this.#identity = identity
    this.#integrity = new ScopeIntegrity({ ...modules, scopes: () => this.#claims.keys() })
    this.#clock = clock
    this.#logger = logger
    link.onConnected((runId) => this.#endClaims((claim) => claim.runId !== runId))
    // What this node remembers of the store may be more than what the store has.
    identity.onLoss(() => this.#endClaims(() => true))
    this.#schedule()
  }

  async claim(scope: Scope, sequenceFloor: number): Promise<ClaimOutcome> {
    const runId = this.#link.requireRunId()
    const sentAt = this.#clock.monotonic()
    // Redis that syncs before it answers has lost nothing that anybody saw.
    const skip = this.#health.status.durability === 'synced' ? 0 : LOST_SEQUENCES_MAX
    const storeId = this.#identity.requireStoreId()
    const numbers = [CLAIM_TTL_MS, EPOCH_ORIGIN_SECONDS, sequenceFloor, skip, LOST_SEQUENCES_MAX]
    const [isHeld, answer, accepted] = (await this.#guard(() =>
      claimScript.run(
        this.#link.client,
        [coordinatorKey(scope), metaKey(scope), MARKER_KEY],
        [this.nodeId, ...numbers, storeId, `s:${scope}`],
      ),
    )) as [number, number | string, string]
    if (isHeld === OTHER_STORE) return this.#identity.refused()
    if (isHeld === NUMBERS_MISSING) {
      await this.#identity.keysMissing(metaKey(scope))
      return this.#identity.refused()
    }
    if (isHeld === 0) return { isHeld: false, coordinatorId: answer as NodeId }
    await this.#guard(() => this.#integrity.check(scope, { isAnew: accepted !== '' }))
    const epoch = swarmEpoch(Number(answer))
    this.#claims.set(scope, { epoch, renewedAt: sentAt, runId, isInDoubt: false })
    this.#logger.info({ scope, epoch }, 'swarm claimed')
    return {
      isHeld: true,
      epoch,
      ...(accepted !== '' && { acceptedLoss: JSON.parse(accepted) as StoreLoss }),
    }
  }

  async coordinatorOf(scope: Scope): Promise<NodeId | undefined> {
    this.#link.requireRunId()
    const holder = await this.#guard(() => this.#link.client.get(coordinatorKey(scope)))
    return holder === null ? undefined : (holder as NodeId)
  }

  async coordinatorsOf(scopes: readonly Scope[]): Promise<readonly (NodeId | undefined)[]> {
    if (scopes.length === 0) return []
    this.#link.requireRunId()
    const holders = await this.#guard(() => this.#link.client.mget(scopes.map(coordinatorKey)))
    return holders.map((holder) => (holder === null ? undefined : (holder as NodeId)))
  }

  holds(scope: Scope, epoch: SwarmEpoch): boolean {
    return this.#claims.get(scope)?.epoch === epoch
  }

  async release(scope: Scope, successor?: NodeId): Promise<void> {
    const claim = this.#claims.get(scope)
    if (claim === undefined) return
    this.#claims.delete(scope)
    this.#logger.info({ scope, epoch: claim.epoch }, 'swarm released')
    // Out of reach, the key lapses by itself.
    if (!this.#link.isUp) return
    await this.#guard(() =>
      releaseScript.run(
        this.#link.client,
        [coordinatorKey(scope), metaKey(scope)],
        [this.nodeId, claim.epoch, successor ?? '', CLAIM_TTL_MS],
      ),
    )
  }

  onLost(listener: (scope: Scope) => void): void {
    this.#listeners.push(listener)
  }

  /** Releases every claim; those that cannot be released lapse. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTimer()
    this.#integrity.stop()
    await Promise.allSettled([...this.#claims.keys()].map((scope) => this.release(scope)))
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.setTimer(RENEW_EVERY_MS, () => {
      this.#endUnconfirmed()
      for (const [scope, claim] of this.#claims) void this.#renew(scope, claim)
      if (!this.#isStopped) this.#schedule()
    })
  }

  /**
   * A node that Redis hears and that hears nothing of Redis must let its claims lapse. So after a renewal that was not
   * answered, no other is sent before Redis has answered something that changes nothing.
   */
  async #renew(scope: Scope, claim: Claim): Promise<void> {
    if (this.#link.runId !== claim.runId) return
    const sentAt = this.#clock.monotonic()
    const keys = [coordinatorKey(scope), metaKey(scope)]
    try {
      if (claim.isInDoubt) await this.#link.client.get(coordinatorKey(scope))
      else this.#claims.set(scope, { ...claim, isInDoubt: true })
      const isRenewed = await renewScript.run(this.#link.client, keys, [
        this.nodeId,
        claim.epoch,
        CLAIM_TTL_MS,
      ])
      // Meanwhile it may have been released, lost or claimed anew.
      if (this.#claims.get(scope)?.epoch !== claim.epoch) return
      if (isRenewed === 1) this.#claims.set(scope, { ...claim, renewedAt: sentAt, isInDoubt: false })
      else this.#endClaims((other) => other.epoch === claim.epoch, scope)
    } catch (error) {
      this.#logger.debug({ error, scope }, 'claim not renewed')
    }
  }

  /** Redis may be out of reach for this node alone, and another one coordinate by now. */
  #endUnconfirmed(): void {
    const now = this.#clock.monotonic()
    this.#endClaims(({ renewedAt }) => now - renewedAt >= UNCONFIRMED_MAX_MS)
  }

  #endClaims(hasEnded: (claim: Claim) => boolean, only?: Scope): void {
    for (const [scope, claim] of this.#claims) {
      if ((only !== undefined && only !== scope) || !hasEnded(claim)) continue
      this.#claims.delete(scope)
      this.#logger.warn({ scope, epoch: claim.epoch }, 'swarm lost')
      for (const listener of this.#listeners) listener(scope)
    }
  }

  async #guard<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command()
    } catch (error) {
      throw asUnavailable(error)
    }
  }
}
