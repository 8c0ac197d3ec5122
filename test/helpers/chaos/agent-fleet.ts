import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { type OwnedProcess, spawnProcess } from '../process.ts'
import {
  type AgentProgramOptions,
  type Execution,
  type JournalEntry,
  type LostTask,
  readJournal,
} from './agent-journal.ts'
import { bundle } from './bundle.ts'

export interface AgentFleetOptions {
  /** Of all nodes; each agent begins with another one. */
  readonly urls: readonly string[]
  readonly count: number
  /** Default 1. */
  readonly slots?: number
  /** How long a task takes that does not say; default 20. */
  readonly workMs?: number
}

/** Agents, each a process of its own with a journal of its own. */
export class AgentFleet {
  readonly agents: readonly AgentProcess[]
  readonly #folder: string

  private constructor(agents: readonly AgentProcess[], folder: string) {
    this.agents = agents
    this.#folder = folder
  }

  /** Resolves once all are connected. */
  static async start({ urls, count, slots = 1, workMs = 20 }: AgentFleetOptions): Promise<AgentFleet> {
    const folder = await mkdtemp(join(tmpdir(), 'amos-chaos-agents-'))
    const program = await bundle('test/chaos/programs/agent.ts')
    const agents = Array.from({ length: count }, (_, index) => {
      const agentId = `agent-${String(index + 1).padStart(2, '0')}`
      const ownUrls = [...urls.slice(index % urls.length), ...urls.slice(0, index % urls.length)]
      const journal = join(folder, `${agentId}.jsonl`)
      return new AgentProcess(program, { urls: ownUrls, agentId, slots, journal, workMs })
    })
    const fleet = new AgentFleet(agents, folder)
    for (const agent of agents) agent.start()
    try {
      await Promise.all(agents.map((agent) => agent.whenConnected()))
    } catch (error) {
      await fleet.close()
      throw error
    }
    return fleet
  }

  async executions(): Promise<readonly Execution[]> {
    return (await this.journal()).filter((entry) => entry.type === 'execution')
  }

  /** Of all agents, in the order of time. */
  async journal(): Promise<readonly JournalEntry[]> {
    const journals = await Promise.all(this.agents.map((agent) => agent.journal()))
    return journals.flat().toSorted((a, b) => a.at - b.at)
  }

  async close(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.kill9()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** One agent's process. */
export class AgentProcess {
  readonly #program: string
  readonly #options: AgentProgramOptions
  #process: OwnedProcess | undefined

  constructor(program: string, options: AgentProgramOptions) {
    this.#program = program
    this.#options = options
  }

  get agentId(): string {
    return this.#options.agentId
  }

  start(): void {
    this.#process = spawnProcess(process.execPath, [this.#program, JSON.stringify(this.#options)])
  }

  async kill9(): Promise<void> {
    await this.#process?.kill9()
  }

  pause(): void {
    this.#process?.pause()
  }

  resume(): void {
    this.#process?.resume()
  }

  journal(): Promise<readonly JournalEntry[]> {
    return readJournal(this.#options.journal)
  }

  async lostTasks(): Promise<readonly LostTask[]> {
    return (await this.journal()).filter((entry) => entry.type === 'lost')
  }

  async whenConnected(): Promise<void> {
    await eventually(async () => (await this.journal()).some(({ type }) => type === 'connected'), {
      timeoutMs: 40_000,
      everyMs: 50,
      what: () => `${this.agentId} to connect; it printed:\n${this.#process?.output ?? ''}`,
    })
  }
}
