import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { composeNode, type SwarmNode } from '#node/compose-node.ts'
import { readConfig } from '#node/config/read-config.ts'
import { type EventSubscription, SwarmClient } from '#sdk/index.ts'
import { AgentFleet } from './agent-fleet.ts'
import { countTasks, type SubmittedDemo, submitDemo } from './demo-plan.ts'
import { type DemoResult, demoResult } from './demo-result.ts'
import { type Kill, killOne } from './kill-one.ts'
import { type PlannedFile, planReviews } from './review/review.ts'
import type { ReviewReport } from './review/summary.ts'
import { openTree } from './review/tree.ts'
import { RunLedger } from './run-ledger.ts'
import { type FindingDecision, voteOnFindings } from './vote-on-findings.ts'

export interface DemoOptions {
  readonly path: string
  readonly agentCount: number
  /** Kill an agent process in the middle of its work. */
  readonly isKilling: boolean
  /** Agents that lie when they vote. */
  readonly liarCount: number
  /** Ends the demo early; everything it started is ended, too. */
  readonly signal: AbortSignal
  onProgress(finished: number, total: number): void
  /** The reviews are done: the agents vote. */
  onVoting(): void
}

/** Where the kill comes: in the middle of the work, with most of it still to do. */
const KILL_AT_RATIO = 0.1
/** A tree with fewer tasks is done before anybody could be caught at work. */
const SMALL_TASK_COUNT = 50
const POLL_MS = 100

/** Runs a whole swarm: a server on a store of its own, agents as processes, a tree to review. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const startedAt = performance.now()
  const dataDir = await mkdtemp(join(tmpdir(), 'amos-demo-'))
  let node: SwarmNode | undefined
  let fleet: AgentFleet | undefined
  try {
    node = await composeNode({ ...demoConfig(dataDir), logTo: 2 })
    const url = await node.listen()
    const serverReadyMs = performance.now() - startedAt
    const { path, agentCount: count, liarCount } = options
    fleet = new AgentFleet({ url, path, count, liarCount, stateDir: join(dataDir, 'agents') })
    fleet.start()
    const run = new DemoRun(options, fleet, new SwarmClient({ url }))
    const facts = await run.finish()
    await fleet.stop()
    return demoResult({
      ...facts,
      agents: fleet.agents,
      serverReadyMs,
      wallMs: performance.now() - startedAt,
    })
  } finally {
    await fleet?.stop()
    await node?.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The environment does not count: whatever server it describes, this one is the demo's own. */
function demoConfig(dataDir: string): ReturnType<typeof readConfig> {
  return readConfig({
    AMOS_HOST: '127.0.0.1',
    AMOS_PORT: '0',
    AMOS_DATA_DIR: dataDir,
    AMOS_LOG_LEVEL: 'error',
    // Many processes start at once on few cores here; that is no reason to turn them away.
    AMOS_EVENT_LOOP_DELAY_MAX_MS: '60000',
  })
}

/** The part of a demo that the swarm does, from the first task to the last event. */
class DemoRun {
  readonly #options: DemoOptions
  readonly #fleet: AgentFleet
  readonly #client: SwarmClient
  readonly #ledger = new RunLedger()
  #total = Number.POSITIVE_INFINITY
  #killing: Promise<Kill | undefined> | undefined

  constructor(options: DemoOptions, fleet: AgentFleet, client: SwarmClient) {
    this.#options = options
    this.#fleet = fleet
    this.#client = client
  }

  async finish() {
    const { path, signal } = this.#options
    const tree = await openTree(path)
    const files = planReviews(tree)
    this.#total = countTasks(files)
    const workStartedAt = performance.now()
    const events = this.#client.events({ since: '0', types: ['amos.task.*'], signal })
    try {
      const { reportTaskId, paths } = await Promise.race([this.#work(files, events), this.#fleet.failed])
      signal.throwIfAborted()
      const workMs = performance.now() - workStartedAt
      const { result } = await this.#client.getTask(reportTaskId)
      const killed = this.#options.isKilling ? ((await this.#killing) ?? null) : undefined
      const report = result as ReviewReport | undefined
      const decisions = await this.#vote(report)
      const { root, omittedCount: filesOmitted } = tree
      return { path: root, filesOmitted, ledger: this.#ledger, paths, report, killed, workMs, decisions }
    } finally {
      events.close()
    }
  }

  /** The reviewers decide together what of it is to be reported. */
  async #vote(report: ReviewReport | undefined): Promise<readonly FindingDecision[]> {
    if (report === undefined) return []
    const { signal, onVoting } = this.#options
    onVoting()
    await this.#untilVotersAreKnown()
    const liars = this.#fleet.living.filter(({ lie }) => lie !== undefined)
    const voting = voteOnFindings(this.#client, {
      findings: report.findings,
      liars: liars.map(({ agentId }) => agentId),
      signal,
    })
    return Promise.race([voting, this.#fleet.failed])
  }

  /** Whoever was killed a moment ago would otherwise be counted among the voters, and a slow starter not. */
  async #untilVotersAreKnown(): Promise<void> {
    for (;;) {
      const { agents } = await this.#client.listAgents({ pageSize: 100 })
      const present = new Set(
        agents.filter(({ status }) => status !== 'offline').map(({ agentId }) => agentId),
      )
      const { living } = this.#fleet
      if (present.size === living.length && living.every(({ agentId }) => present.has(agentId))) return
      await sleep(POLL_MS, undefined, { signal: this.#options.signal })
    }
  }

  async #work(files: readonly PlannedFile[], events: EventSubscription): Promise<SubmittedDemo> {
    const following = this.#follow(events)
    // Of a small tree nobody would hold a task for long enough: whoever is to be killed is stopped before there is work.
    if (this.#options.isKilling && this.#total < SMALL_TASK_COUNT) await this.#startKilling()
    const [submitted] = await Promise.all([submitDemo(this.#client, files), following])
    return submitted
  }

  /** Until every task has come to its end. */
  async #follow(events: EventSubscription): Promise<void> {
    for await (const item of events) {
      if (item.type === 'gap') throw new Error('the event log has a gap')
      this.#ledger.take(item.event)
      this.#options.onProgress(this.#ledger.finishedCount, this.#total)
      this.#killWhenDue()
      if (this.#isOver) return
    }
  }

  #killWhenDue(): void {
    const isDue = this.#ledger.finishedCount >= KILL_AT_RATIO * this.#total
    if (this.#options.isKilling && this.#killing === undefined && isDue) void this.#startKilling()
  }

  /** Resolves when an agent has been stopped. */
  #startKilling(): Promise<void> {
    return new Promise((resolve) => {
      this.#killing = killOne(this.#fleet, this.#client, {
        isOver: () => this.#isOver || this.#options.signal.aborted,
        onStopped: resolve,
      })
      // Whoever waits for the outcome sees the failure.
      this.#killing.catch(() => undefined).finally(resolve)
    })
  }

  get #isOver(): boolean {
    return this.#ledger.finishedCount >= this.#total
  }
}
