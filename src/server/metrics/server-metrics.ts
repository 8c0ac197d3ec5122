import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { splitScope, type TenantId } from '#domain/model/ids.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import type { SessionRegistry } from '../channel/session-registry.ts'
import type { OpenSockets } from '../sockets/open-sockets.ts'
import type { Swarms } from '../swarms.ts'
import { observeStore } from './store-metrics.ts'
import { SwarmMetrics, type SwarmMetricsOptions } from './swarm-metrics.ts'

export interface ServerMetricsModules {
  readonly swarms: Pick<Swarms, 'coordinated'>
  readonly store: Pick<SwarmStore, 'status'>
  readonly sessions: SessionRegistry
  readonly sockets: OpenSockets
}

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** Gauges of prom-client whose names end as only those of counters may; the series by type say the same. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** What the node tells Prometheus. Labels are closed sets, or bounded in number: tenants, swarms and types of tasks. */
export class ServerMetrics {
  readonly #options: SwarmMetricsOptions
  readonly #registry = new Registry()
  readonly #requests: Histogram
  /** By type; frames of unknown types never get here. Plain numbers until somebody asks: thousands come each second. */
  readonly #framesReceived = { channel: new Map<string, number>(), stream: new Map<string, number>() }
  readonly #eventsSent: Counter
  readonly #swarms: Pick<Swarms, 'coordinated'>
  readonly #swarmMetrics: SwarmMetrics

  constructor(options: SwarmMetricsOptions, { swarms, store, sessions, sockets }: ServerMetricsModules) {
    this.#options = options
    this.#swarms = swarms
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
    this.#requests = new Histogram({
      name: 'amos_http_request_seconds',
      help: 'Time from a request to its answer.',
      labelNames: ['operation', 'status'],
      buckets: REQUEST_SECONDS,
      registers,
    })
    observeFrames(this.#framesReceived, registers)
    this.#eventsSent = new Counter({
      name: 'amos_stream_events_sent_total',
      help: 'Events sent to subscribers, over WebSockets and as server-sent events.',
      registers,
    })
    observeConnections(sessions, sockets, registers)
    observeStore(store, registers)
    this.#swarmMetrics = new SwarmMetrics(options, { registry: this.#registry, swarms })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** Of the tenant's swarms that this node coordinates, and of nothing else: all the rest is a sum over all tenants. */
  async textOf(tenant: TenantId): Promise<string> {
    const registry = new Registry()
    const ofTenant = {
      coordinated: () =>
        this.#swarms.coordinated().filter(({ scope }) => splitScope(scope).tenant === tenant),
    }
    await new SwarmMetrics(this.#options, { registry, swarms: ofTenant }).refresh()
    return registry.metrics()
  }

  /** Of the node and all swarms that it coordinates. */
  async text(): Promise<string> {
    await this.#swarmMetrics.refresh()
    return this.#registry.metrics()
  }

  /** @param operation of the contract; undefined for addresses that are none of its own */
  requestAnswered(operation: string | undefined, status: number, seconds: number): void {
    this.#requests.observe(
      { operation: operation ?? 'other', status: `${Math.floor(status / 100)}xx` },
      seconds,
    )
  }

  frameReceived(socket: 'channel' | 'stream', type: string): void {
    const counts = this.#framesReceived[socket]
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }

  eventsSent(count: number): void {
    this.#eventsSent.inc(count)
  }
}

function observeFrames(
  received: Readonly<Record<string, ReadonlyMap<string, number>>>,
  registers: Registry[],
): void {
  const counter = new Counter({
    name: 'amos_frames_received_total',
    help: 'Frames read from WebSockets.',
    labelNames: ['socket', 'type'],
    registers,
    collect: () => {
      counter.reset()
      for (const [socket, counts] of Object.entries(received))
        for (const [type, count] of counts) counter.inc({ socket, type }, count)
    },
  })
}

function observeConnections(sessions: SessionRegistry, sockets: OpenSockets, registers: Registry[]): void {
  const gauge = new Gauge({
    name: 'amos_connections',
    help: 'Open connections: agent channels, those of them with an agent, and event streams.',
    labelNames: ['kind'],
    registers,
    collect: () => {
      gauge.set({ kind: 'channel' }, sockets.countOf('channel'))
      gauge.set({ kind: 'agent' }, sessions.size)
      gauge.set({ kind: 'stream' }, sockets.countOf('stream'))
    },
  })
}
