import { Counter, Gauge, type Registry } from 'prom-client'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import type { MessageCounts } from '#domain/communication/message-meter.ts'
import { splitScope } from '#domain/model/ids.ts'
import type { MonitorReport } from '#domain/resources/monitor-report.ts'
import type { Swarms } from '../swarms.ts'
import { DurationMetric } from './duration-metric.ts'

export interface SwarmMetricsOptions {
  /** Swarms with series of their own; those beyond are counted together. */
  readonly metricSwarmsMax: number
}

export interface SwarmMetricsModules {
  readonly registry: Registry
  readonly swarms: Pick<Swarms, 'coordinated'>
}

type Labels = Readonly<Record<string, string>>

const SECOND_MS = 1_000
const OF_A_SWARM = ['tenant', 'swarm']
const OTHERS: Labels = { tenant: 'other', swarm: 'other' }

/**
 * What this node knows of the swarms that it coordinates, by tenant and swarm. Counters begin at 0 when the node begins
 * to coordinate a swarm; the series of a swarm end with that.
 */
export class SwarmMetrics {
  readonly #options: SwarmMetricsOptions
  readonly #swarms: Pick<Swarms, 'coordinated'>
  readonly #coordinated: Gauge
  readonly #tasks: Counter
  readonly #openTasks: Gauge
  readonly #queueDepth: Gauge
  readonly #oldestWait: Gauge
  readonly #waits: DurationMetric
  readonly #runs: DurationMetric
  readonly #agents: Gauge
  readonly #slots: Gauge
  readonly #messages: Counter
  readonly #statements: Counter
  readonly #projectionErrors: Counter

  constructor(options: SwarmMetricsOptions, { registry, swarms }: SwarmMetricsModules) {
    const registers = [registry]
    const settings = (name: string, help: string, labels: readonly string[]) => ({
      name,
      help,
      labelNames: [...OF_A_SWARM, ...labels],
      registers,
    })
    const gauge = (name: string, help: string, labels: readonly string[] = []) =>
      new Gauge(settings(name, help, labels))
    const counter = (name: string, help: string, labels: readonly string[]) =>
      new Counter(settings(name, help, labels))
    this.#options = options
    this.#swarms = swarms
    this.#coordinated = new Gauge({
      name: 'amos_swarms_coordinated',
      help: 'Swarms that this node coordinates.',
      registers,
    })
    this.#tasks = counter('amos_tasks_total', 'Tasks by type and by what became of them.', [
      'type',
      'outcome',
    ])
    this.#openTasks = gauge('amos_open_tasks', 'Unfinished tasks by phase.', ['phase'])
    this.#queueDepth = gauge('amos_queue_depth_tasks', 'Ready tasks that no agent could start yet.')
    this.#oldestWait = gauge(
      'amos_oldest_wait_seconds',
      'How long the longest-waiting ready task has waited.',
    )
    this.#waits = new DurationMetric('amos_task_wait_seconds', 'From ready to assigned, by type.', registry)
    this.#runs = new DurationMetric('amos_task_run_seconds', 'From assigned to completed, by type.', registry)
    this.#agents = gauge('amos_agents', 'Agents by status.', ['status'])
    this.#messages = counter(
      'amos_messages_total',
      'Messages between agents by kind and by what became of them.',
      ['kind', 'outcome'],
    )
    this.#statements = counter(
      'amos_consensus_statements_total',
      'Messages of voters by what became of them.',
      ['fate'],
    )
    this.#projectionErrors = counter(
      'amos_projection_errors_total',
      'Errors of the parts that read the event log, by part. Each cost the part one event.',
      ['projection'],
    )
    this.#slots = gauge('amos_slots', 'Tasks that live agents can do at the same time.', ['state'])
  }

  /** Asks every swarm how it is doing. To be done before the metrics are read. */
  async refresh(): Promise<void> {
    const coordinated = this.#swarms.coordinated()
    const found = await Promise.all(
      coordinated.map(async (swarm, index) => ({
        labels: index < this.#options.metricSwarmsMax ? labelsOf(swarm) : OTHERS,
        report: await swarm.service.swarm.monitor(),
        messages: await swarm.service.messages.counts(),
        statements: await swarm.service.consensus.counts(),
        projectionErrors: swarm.events.projectionErrors.counts(),
      })),
    )
    for (const metric of this.#ofSwarms()) metric.reset()
    this.#coordinated.set(coordinated.length)
    for (const { labels, report, messages, statements, projectionErrors } of found) {
      this.#addTasks(labels, report)
      this.#addAgents(labels, report)
      this.#addMessages(labels, messages)
      for (const [fate, count] of Object.entries(statements)) this.#statements.inc({ ...labels, fate }, count)
      for (const [projection, count] of Object.entries(projectionErrors))
        this.#projectionErrors.inc({ ...labels, projection }, count)
    }
  }

  #ofSwarms(): readonly { reset(): void }[] {
    const tasks = [this.#tasks, this.#openTasks, this.#queueDepth, this.#oldestWait, this.#waits, this.#runs]
    return [...tasks, this.#agents, this.#slots, this.#messages, this.#statements, this.#projectionErrors]
  }

  #addTasks(labels: Labels, { types, tasks, queueDepth, oldestWaitMs }: MonitorReport): void {
    for (const { taskType: type, totals, wait, run } of types) {
      for (const [outcome, count] of Object.entries<number>({ ...totals }))
        this.#tasks.inc({ ...labels, type, outcome }, count)
      this.#waits.add({ ...labels, type }, wait)
      this.#runs.add({ ...labels, type }, run)
    }
    for (const [phase, count] of Object.entries(tasks)) this.#openTasks.inc({ ...labels, phase }, count)
    this.#queueDepth.inc(labels, queueDepth)
    this.#oldestWait.inc(labels, oldestWaitMs / SECOND_MS)
  }

  #addAgents(labels: Labels, { agents, slots, slotsBusy }: MonitorReport): void {
    const { breakersOpen, ...byStatus } = agents
    for (const [status, count] of Object.entries({ ...byStatus, breaker_open: breakersOpen }))
      this.#agents.inc({ ...labels, status }, count)
    this.#slots.inc({ ...labels, state: 'busy' }, slotsBusy)
    this.#slots.inc({ ...labels, state: 'free' }, slots - slotsBusy)
  }

  /** Topics together: their names are no closed set. */
  #addMessages(labels: Labels, counts: Readonly<Record<string, MessageCounts>>): void {
    for (const [name, { sent, delivered, refused }] of Object.entries(counts)) {
      const kind = name.startsWith('topic:') ? 'topic' : name
      this.#messages.inc({ ...labels, kind, outcome: 'sent' }, sent)
      this.#messages.inc({ ...labels, kind, outcome: 'delivered' }, delivered)
      this.#messages.inc({ ...labels, kind, outcome: 'refused' }, refused)
    }
  }
}

function labelsOf({ scope }: OpenSwarm): Labels {
  const { tenant, swarm = '' } = splitScope(scope)
  return { tenant, swarm }
}
