import { lostDeliveries, PROBE_METHOD, type ProbeArgument } from '../communication/direct-channel.ts'
import { deliverRegistration, REGISTRATION_TOPIC } from '../communication/registration-notices.ts'
import { allRecords } from '../kernel/all-records.ts'
import { repeatWhileUnavailable } from '../kernel/patient-store.ts'
import { Semaphore } from '../kernel/semaphore.ts'
import { unchanged } from '../kernel/swarm-journal.ts'
import { isSwarmError, SwarmError } from '../model/errors.ts'
import {
  type NodeId,
  type Scope,
  type SwarmId,
  splitScope,
  swarmId,
  swarmScope,
  type TenantId,
  tenantScope,
} from '../model/ids.ts'
import { patternSettings } from '../model/pattern-settings.ts'
import { SWARM_RECORDS, type SwarmRecord } from '../model/swarm-record.ts'
import type { SwarmSpec } from '../model/swarm-spec.ts'
import type { OrchestratorOptions } from '../orchestration/orchestrator-options.ts'
import type { Page, PageRequest } from '../orchestration/swarm-reader.ts'
import type { Coordination } from '../ports/coordination.ts'
import type { PeerNews, Peers } from '../ports/peers.ts'
import { put, remove } from '../ports/records.ts'
import type { StoreLosses } from '../ports/store-losses.ts'
import { CoordinationSweep, YIELD_METHOD } from './coordination-sweep.ts'
import { type NodeModules, OpenSwarm } from './open-swarm.ts'
import { StoreLossResponse } from './store-loss-response.ts'

export interface SwarmDirectoryOptions {
  /** What the swarm `default` of each tenant is created with. */
  readonly defaultSwarm: Omit<SwarmSpec, 'swarmId'>
  readonly swarmsMax: number
  readonly orchestrator: OrchestratorOptions
  /** How often this node looks for swarms that nobody coordinates. */
  readonly sweepMs: number
  /** How long the set of nodes has to be the same before swarms move to nodes that coordinate fewer. */
  readonly rebalanceAfterMs: number
  /** How long a call looks for a coordinating node before it gives up. */
  readonly findCoordinatorMs: number
}

export interface SwarmDirectoryModules extends Omit<NodeModules, 'recoveries'> {
  readonly coordination: Coordination
  readonly losses: StoreLosses
}

/** Tells every node that a swarm was deleted. */
const DELETED_TOPIC = 'swarm_deleted'

export const DEFAULT_SWARM_ID: SwarmId = swarmId('default')

/** How long a start repeats what the store refuses, before it fails. */
const START_PATIENCE_MS = 10_000
/** Swarms that are taken over at once; each needs the store and the processor for itself. */
const RECOVERIES_AT_ONCE_MAX = 4

/** All swarms, as one node offers them: it finds, creates and deletes them, and coordinates those that fall to it. */
export class SwarmDirectory {
  readonly #options: SwarmDirectoryOptions
  readonly #modules: SwarmDirectoryModules
  readonly #open = new Map<Scope, OpenSwarm>()
  readonly #tenants = new Set<TenantId>()
  readonly #sweep: CoordinationSweep
  readonly #recoveries = new Semaphore(RECOVERIES_AT_ONCE_MAX)
  readonly #lossResponse: StoreLossResponse
  /** The newest event numbers of swarms that the store has lost: their successors go on above them. */
  readonly #floors = new Map<Scope, number>()
  #isDraining = false

  constructor(options: SwarmDirectoryOptions, modules: SwarmDirectoryModules) {
    this.#options = options
    this.#modules = modules
    this.#sweep = new CoordinationSweep(options, {
      ...modules,
      swarms: () => this.#all(),
      coordinated: () => this.coordinated(),
      isDraining: () => this.#isDraining,
    })
    this.#lossResponse = new StoreLossResponse({
      ...modules,
      open: () => [...this.#open.values()],
      forget: (swarm) => {
        this.#floors.set(swarm.scope, swarm.events.lastSequence)
        return this.#forget(swarm)
      },
      createDefaults: () => this.#createDefaults(),
    })
  }

  get nodeId(): NodeId {
    return this.#modules.peers.nodeId
  }

  /** Creates each tenant's `default` swarm where it is missing, and begins to coordinate what nobody does. */
  async start(tenants: readonly TenantId[]): Promise<void> {
    const { peers, coordination, clock } = this.#modules
    coordination.onLost((scope) => void this.#lost(scope, this.nodeId))
    this.#lossResponse.start()
    await peers.start(this.#peerHandlers())
    const endsAt = clock.monotonic() + START_PATIENCE_MS
    const mayWait = (): boolean => !this.#isDraining && clock.monotonic() < endsAt
    await repeatWhileUnavailable(() => this.addTenants(tenants), { clock, mayWait })
    await this.#sweep.start()
  }

  /** Creates each tenant's `default` swarm where it is missing; the swarms of the tenants are coordinated from now on. */
  async addTenants(tenants: readonly TenantId[]): Promise<void> {
    for (const tenant of tenants) this.#tenants.add(tenant)
    // A store that is lost gets nothing; an operator may accept the loss later.
    if (this.#modules.store.status().loss === undefined) await this.#createDefaults()
  }

  async #createDefaults(): Promise<void> {
    for (const tenant of this.#tenants) await this.#createDefault(tenant)
  }

  /** A damaged record of one tenant's swarm does not keep the others from being served. */
  async #createDefault(tenant: TenantId): Promise<void> {
    try {
      await this.createSwarm(tenant, { ...this.#options.defaultSwarm, swarmId: DEFAULT_SWARM_ID })
    } catch (error) {
      if (isSwarmError(error, 'record_damaged'))
        this.#modules.logger.error({ error, tenant }, 'default swarm unusable')
      else if (!isSwarmError(error, 'swarm_exists')) throw error
    }
  }

  /** No new assignments here. Where there are other nodes they take over at once; agents here are told. */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#sweep.stop()
    const swarms = [...this.#open.values()]
    for (const swarm of swarms) swarm.gateway.orchestrator?.drain()
    await Promise.all(swarms.map(({ gateway }) => gateway.drainSessions('the server is shutting down')))
    if (!this.#modules.peers.isAlone) await Promise.all(swarms.map((swarm) => swarm.handOver()))
  }

  async stop(): Promise<void> {
    this.#isDraining = true
    this.#sweep.stop()
    await Promise.all([...this.#open.values()].map((swarm) => swarm.close()))
    this.#open.clear()
    await this.#modules.peers.stop()
  }

  /** @throws SwarmError `swarm_exists`, `limit_exceeded` */
  async createSwarm(tenant: TenantId, spec: SwarmSpec): Promise<SwarmRecord> {
    const { store, clock } = this.#modules
    const scope = tenantScope(tenant)
    const { swarmsMax } = this.#options
    const present = await store.list({ scope, kind: SWARM_RECORDS, countMax: swarmsMax })
    if (present.some(({ key }) => key.id === spec.swarmId))
      throw new SwarmError('swarm_exists', { swarmId: spec.swarmId })
    if (present.length >= swarmsMax) {
      throw new SwarmError('limit_exceeded', {
        limitName: 'swarmsMax',
        limit: swarmsMax,
        actual: present.length + 1,
      })
    }
    const { result } = await store.transact({
      scope,
      keys: [{ kind: SWARM_RECORDS, id: spec.swarmId }] as const,
      decide: ([stored]) => {
        if (stored !== undefined) throw new SwarmError('swarm_exists', { swarmId: spec.swarmId })
        const record = { ...spec, patterns: spec.patterns ?? patternSettings(), createdAt: clock.now() }
        return { ...unchanged(record), writes: [put(SWARM_RECORDS, spec.swarmId, record)] }
      },
    })
    this.#tenants.add(tenant)
    await (await this.open(tenant, spec.swarmId)).gateway.ensureCoordinated()
    return result
  }

  /** In the order of their ids. */
  async listSwarms(tenant: TenantId, { after, pageSize }: PageRequest): Promise<Page<SwarmRecord>> {
    const { store } = this.#modules
    const from = after === undefined ? {} : { after }
    const damaged: string[] = []
    const found = await store.list({
      scope: tenantScope(tenant),
      kind: SWARM_RECORDS,
      countMax: pageSize + 1,
      onDamaged: (id) => damaged.push(id),
      ...from,
    })
    const page = found.slice(0, pageSize)
    const items = await Promise.all(
      page.map(({ value }) => this.#openAs(swarmScope(tenant, value.swarmId), value).record()),
    )
    const next = found.length > pageSize ? page.at(-1)?.key.id : undefined
    return { items, next, damagedIds: damaged.filter((id) => next === undefined || id <= next) }
  }

  /** @throws SwarmError `swarm_not_found` */
  async open(tenant: TenantId, id: SwarmId): Promise<OpenSwarm> {
    const scope = swarmScope(tenant, id)
    const present = this.#open.get(scope)
    if (present !== undefined) return present
    const stored = await this.#modules.store.get(tenantScope(tenant), { kind: SWARM_RECORDS, id })
    if (stored === undefined) throw new SwarmError('swarm_not_found', { swarmId: id })
    return this.#openAs(scope, stored.value)
  }

  /** The swarms this node coordinates now. */
  coordinated(): readonly OpenSwarm[] {
    return [...this.#open.values()].filter(({ gateway }) => gateway.orchestrator !== undefined)
  }

  /** @throws SwarmError `swarm_not_found`, `swarm_not_empty` */
  async deleteSwarm(tenant: TenantId, id: SwarmId, { force }: { readonly force: boolean }): Promise<void> {
    const swarm = await this.open(tenant, id)
    await swarm.service.swarm.delete({ force })
    await this.#strike(tenant, id, swarm)
  }

  /** Takes a swarm that was emptied off the tenant's list, unless another one stands there under its id by now. */
  async #strike(tenant: TenantId, id: SwarmId, swarm: OpenSwarm): Promise<void> {
    await this.#modules.store.transact({
      scope: tenantScope(tenant),
      keys: [{ kind: SWARM_RECORDS, id }] as const,
      decide: ([stored]) =>
        stored?.value.createdAt === swarm.createdAt
          ? { ...unchanged(null), writes: [remove(SWARM_RECORDS, id)] }
          : unchanged(null),
    })
    await this.#forget(swarm)
    this.#modules.peers.notifyAll({ scope: swarm.scope, topic: DELETED_TOPIC, body: null })
  }

  /** Another node deleted a swarm; one that was created under its id since stays. */
  async #forgetDeleted(scope: Scope): Promise<void> {
    const open = this.#open.get(scope)
    const { tenant, swarm } = splitScope(scope)
    if (open === undefined || swarm === undefined) return
    const stored = await this.#modules.store.get(tenantScope(tenant), { kind: SWARM_RECORDS, id: swarm })
    if (stored?.value.createdAt !== open.createdAt) await this.#forget(open)
  }

  async #forget(swarm: OpenSwarm): Promise<void> {
    if (this.#open.get(swarm.scope) === swarm) this.#open.delete(swarm.scope)
    await swarm.close()
    // Its agents and readers are told here: they would go on talking to a swarm that is gone.
    this.#modules.sessions.registrationChanged(swarm.scope)
  }

  #openAs(scope: Scope, record: SwarmRecord): OpenSwarm {
    const present = this.#open.get(scope)
    if (present?.createdAt === record.createdAt) return present
    // Deleted by another node and created again: what is open here is the swarm that was.
    if (present !== undefined) void this.#forget(present)
    const { orchestrator, findCoordinatorMs } = this.#options
    const isDraining = (): boolean => this.#isDraining
    const swarm = new OpenSwarm(
      { scope, record, orchestrator, findCoordinatorMs, isDraining },
      {
        ...this.#modules,
        recoveries: this.#recoveries,
      },
    )
    const floor = this.#floors.get(scope)
    if (floor !== undefined) swarm.events.announced(floor)
    this.#open.set(scope, swarm)
    return swarm
  }

  #hear(news: PeerNews): void {
    const { sessions, logger } = this.#modules
    if (news.topic === REGISTRATION_TOPIC) deliverRegistration(news, sessions)
    if (news.topic !== DELETED_TOPIC) return
    this.#forgetDeleted(news.scope).catch((error: unknown) =>
      logger.warn({ error, scope: news.scope }, 'deleted swarm not forgotten'),
    )
  }

  #peerHandlers(): Parameters<Peers['start']>[0] {
    return {
      call: async ({ scope, method, argument }, from) => {
        const { tenant, swarm } = splitScope(scope)
        if (method === YIELD_METHOD)
          return (await this.#sweep.yieldTo(from, scope, (argument as { count: number }).count)) ?? null
        if (method === PROBE_METHOD) {
          const { sessionId, withinMs } = argument as ProbeArgument
          return this.#modules.sessions.probe(sessionId, withinMs)
        }
        if (swarm === undefined) throw new SwarmError('not_coordinator', { coordinatorId: null })
        const open = await this.open(tenant, swarm)
        const answer = await open.gateway.serve(method, argument)
        // While the claim is still held, or another node would coordinate what is to be deleted.
        if (method === 'swarm.delete') await this.#strike(tenant, swarm, open)
        return answer
      },
      notice: (notice) => this.#open.get(notice.scope)?.hear(notice),
      news: (news) => this.#hear(news),
      cutOff: () => {
        for (const { gateway } of this.#open.values()) gateway.cutOff()
      },
      missed: () => {
        for (const { scope, gateway } of this.#open.values()) {
          gateway.missed()
          this.#modules.sessions.registrationChanged(scope)
        }
      },
      unreceived: (_peer, notices) => {
        for (const scope of new Set(notices.map((notice) => notice.scope))) {
          const lost = lostDeliveries(notices.filter((notice) => notice.scope === scope))
          this.#open.get(scope)?.gateway.orchestrator?.deliveriesLost(lost)
        }
      },
      peerLost: (peer) => {
        for (const [scope, { gateway }] of this.#open) {
          gateway.orchestrator?.nodeLost(peer)
          void this.#lost(scope, peer)
        }
      },
      appended: (scope, lastSequence) => this.#open.get(scope)?.events.announced(lastSequence),
    }
  }

  async #lost(scope: Scope, coordinatorId: NodeId): Promise<void> {
    const swarm = this.#open.get(scope)
    if (swarm === undefined) return
    await swarm.gateway.lost(coordinatorId)
    await this.#sweep.coordinate(swarm)
  }

  /** All swarms of all tenants that this node knows. */
  async #all(): Promise<readonly OpenSwarm[]> {
    const swarms: OpenSwarm[] = []
    for (const tenant of this.#tenants) {
      const scope = tenantScope(tenant)
      for await (const { value } of allRecords(this.#modules.store, scope, SWARM_RECORDS))
        swarms.push(this.#openAs(swarmScope(tenant, value.swarmId), value))
    }
    return swarms
  }
}
