import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AgentAssignment } from './agent-main.ts'
import { ALL_CAPABILITIES, capabilitiesOf } from './capabilities.ts'
import { LIES, type Lie } from './lies.ts'

const AGENT_PROGRAM = fileURLToPath(new URL('./agent-main.ts', import.meta.url))

export interface FleetOptions {
  readonly url: string
  readonly path: string
  readonly count: number
  /** How many of them lie when they vote. */
  readonly liarCount: number
  /** For the keys the agents vote with. */
  readonly stateDir: string
}

/** One agent of the demo: a process of its own. */
export interface FleetAgent {
  readonly agentId: string
  readonly pid: number
  readonly capabilities: readonly string[]
  readonly lie: Lie | undefined
  readonly child: ChildProcess
}

/** More deaths than this are no accident. */
const REPLACEMENTS_MAX = 3
const STOP_WITHIN_MS = 3_000

/** The agent processes of a demo. Where one dies and nobody else can do its work, another is started. */
export class AgentFleet {
  /** Rejects when the agents cannot be kept alive. */
  readonly failed: Promise<never>
  readonly #options: FleetOptions
  readonly #agents: FleetAgent[] = []
  #onFailed: (error: Error) => void = () => undefined
  #replacements = 0
  #isStopping = false

  constructor(options: FleetOptions) {
    this.#options = options
    this.failed = new Promise<never>((_resolve, reject) => (this.#onFailed = reject))
    this.failed.catch(() => undefined)
  }

  /** All there ever were, in the order they were started. */
  get agents(): readonly FleetAgent[] {
    return this.#agents
  }

  get living(): readonly FleetAgent[] {
    return this.#agents.filter(({ child }) => child.exitCode === null && child.signalCode === null)
  }

  start(): void {
    const { count, liarCount } = this.#options
    for (let index = 0; index < count; index++) {
      // The last ones, each in its own way.
      const lie = index < count - liarCount ? undefined : LIES[(count - 1 - index) % LIES.length]
      this.#spawn(`reviewer-${index + 1}`, capabilitiesOf(index, count), lie)
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const { living } = this
    const exits = living.map(({ child }) => once(child, 'exit'))
    for (const { child } of living) {
      child.kill('SIGTERM')
      // One that was frozen would never hear it.
      child.kill('SIGCONT')
    }
    const killing = setTimeout(() => {
      for (const { child } of living) child.kill('SIGKILL')
    }, STOP_WITHIN_MS)
    await Promise.all(exits)
    clearTimeout(killing)
  }

  #spawn(agentId: string, capabilities: readonly string[], lie?: Lie): void {
    const { url, path, stateDir } = this.#options
    const assignment: AgentAssignment = {
      url,
      agentId,
      capabilities,
      path,
      stateDir,
      ...(lie === undefined ? {} : { lie }),
    }
    const child = spawn(process.execPath, [...process.execArgv, AGENT_PROGRAM, JSON.stringify(assignment)], {
      // The channel carries nothing: it closes when this process ends, however it ends.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.once('error', (error) => this.#onFailed(error))
    child.once('exit', () => this.#died(agentId, capabilities))
    this.#agents.push({ agentId, pid: child.pid ?? 0, capabilities, lie, child })
  }

  #died(agentId: string, capabilities: readonly string[]): void {
    if (this.#isStopping) return
    const covered = new Set(this.living.flatMap((agent) => agent.capabilities))
    if (ALL_CAPABILITIES.every((capability) => covered.has(capability))) return
    this.#replacements += 1
    if (this.#replacements > REPLACEMENTS_MAX) {
      this.#onFailed(new Error(`agents keep dying: ${agentId} was the last of them`))
      return
    }
    this.#spawn(`${agentId}-again-${this.#replacements}`, capabilities)
  }
}
