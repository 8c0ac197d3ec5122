import { Gauge, type Registry } from 'prom-client'
import type { MessageCounts } from '#domain/communication/message-meter.ts'
import type { MonitorReport } from '#domain/resources/monitor-report.ts'
import type { Swarms } from '../swarms.ts'

const MILLISECONDS = 1_000

/** Gauges over all swarms that this node coordinates: their sum, and the worst of their waits. */
export class SwarmMetrics {
  readonly #swarms: Pick<Swarms, 'coordinated'>
  readonly #coordinated: Gauge
  readonly #tasks: Gauge
  readonly #openTasks: Gauge
  readonly #queueDepth: Gauge
  readonly #oldestWait: Gauge
  readonly #waits: Gauge
  readonly #runs: Gauge
  readonly #agents: Gauge
  readonly #slots: Gauge
  readonly #messages: Gauge
  readonly #statements: Gauge

  constructor(registry: Registry, swarms: Pick<Swarms, 'coordinated'>) {
    const gauge = (name: string, help: string, labelNames: string[] = []) =>
      new Gauge({ name, help, labelNames, registers: [registry] })
    this.#swarms = swarms
    this.#coordinated = gauge('amos_swarms_coordinated', 'Swarms that this node coordinates.')
    this.#tasks = gauge(
      'amos_tasks',
      'Tasks since this node coordinates their swarm, by what became of them.',
      ['outcome'],
    )
    this.#openTasks = gauge('amos_open_tasks', 'Unfinished tasks by phase.', ['phase'])
    this.#queueDepth = gauge('amos_queue_depth_tasks', 'Ready tasks that no agent could start yet.')
    this.#oldestWait = gauge(
      'amos_oldest_wait_seconds',
      'How long the longest-waiting ready task has waited.',
    )
    this.#waits = gauge('amos_task_wait_seconds', 'From ready to assigned, the worst of the swarms.', [
      'quantile',
    ])
    this.#runs = gauge('amos_task_run_seconds', 'From assigned to completed, the worst of the swarms.', [
      'quantile',
    ])
    this.#agents = gauge('amos_agents', 'Agents by status.', ['status'])
    this.#messages = gauge(
      'amos_messages',
      'Messages between agents since this node coordinates their swarm, by kind and what became of them.',
      ['kind', 'outcome'],
    )
    this.#statements = gauge(
      'amos_consensus_statements',
      "Voters' words since this node coordinates their swarm, by what became of them.",
      ['fate'],
    )
    this.#slots = gauge('amos_slots', 'Tasks that live agents can do at the same time.', ['state'])
  }

  /** Asks every swarm how it is doing. To be done before the gauges are read. */
  async refresh(): Promise<void> {
    const coordinated = this.#swarms.coordinated()
    const reports = await Promise.all(coordinated.map(({ service }) => service.monitor()))
    this.#coordinated.set(coordinated.length)
    this.#setMessages(await Promise.all(coordinated.map(({ service }) => service.messaging())))
    setSums(
      this.#statements,
      'fate',
      await Promise.all(coordinated.map(({ service }) => service.consensusCounts())),
    )
    setSums(
      this.#tasks,
      'outcome',
      reports.map(({ totals }) => totals),
    )
    setSums(
      this.#openTasks,
      'phase',
      reports.map(({ tasks }) => tasks),
    )
    setSums(this.#agents, 'status', reports.map(agentsByStatus))
    setSums(
      this.#slots,
      'state',
      reports.map(({ slots, slotsBusy }) => ({ busy: slotsBusy, free: slots - slotsBusy })),
    )
    this.#queueDepth.set(reports.reduce((total, { queueDepth }) => total + queueDepth, 0))
    this.#oldestWait.set(Math.max(0, ...reports.map(({ oldestWaitMs }) => oldestWaitMs)) / MILLISECONDS)
    setQuantiles(
      this.#waits,
      reports.map(({ wait }) => wait),
    )
    setQuantiles(
      this.#runs,
      reports.map(({ run }) => run),
    )
  }

  /** Topics together: their names are no closed set. */
  #setMessages(reports: readonly Readonly<Record<string, MessageCounts>>[]): void {
    this.#messages.reset()
    for (const [name, { sent, delivered, refused }] of reports.flatMap((report) => Object.entries(report))) {
      const kind = name.startsWith('topic:') ? 'topic' : name
      this.#messages.inc({ kind, outcome: 'sent' }, sent)
      this.#messages.inc({ kind, outcome: 'delivered' }, delivered)
      this.#messages.inc({ kind, outcome: 'refused' }, refused)
    }
  }
}

function agentsByStatus({ agents }: MonitorReport): Record<string, number> {
  const { breakersOpen, ...byStatus } = agents
  return { ...byStatus, breaker_open: breakersOpen }
}

function setSums(gauge: Gauge, label: string, parts: readonly Readonly<Record<string, number>>[]): void {
  const sums = new Map<string, number>()
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) sums.set(name, (sums.get(name) ?? 0) + value)
  }
  gauge.reset()
  for (const [name, value] of sums) gauge.set({ [label]: name }, value)
}

function setQuantiles(gauge: Gauge, summaries: readonly MonitorReport['wait'][]): void {
  const worst = (read: (summary: MonitorReport['wait']) => number): number =>
    Math.max(0, ...summaries.map(read)) / MILLISECONDS
  gauge.set(
    { quantile: '0.5' },
    worst(({ p50Ms }) => p50Ms),
  )
  gauge.set(
    { quantile: '0.9' },
    worst(({ p90Ms }) => p90Ms),
  )
  gauge.set(
    { quantile: '0.99' },
    worst(({ p99Ms }) => p99Ms),
  )
}
