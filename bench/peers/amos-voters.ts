import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SwarmClient } from '#sdk/index.ts'
import type { Lie } from '../../examples/code-review/lies.ts'
import { BenchProcess } from '../harness/bench-process.ts'
import type { AmosVoterCalls } from '../programs/amos-voter.ts'
import { type AmosServer, startAmos } from './amos-server.ts'

export interface AmosVotersOptions {
  readonly count: number
  /** By place: who lies, and how. */
  readonly liars?: ReadonlyMap<number, Lie>
}

/** A server with voters, each a process of its own with its own key and a record that is flushed to disk. */
export class AmosVoters {
  readonly client: SwarmClient
  readonly #server: AmosServer
  readonly #folder: string
  readonly #options: AmosVotersOptions
  readonly #processes = new Map<string, BenchProcess<AmosVoterCalls>>()

  private constructor(server: AmosServer, folder: string, options: AmosVotersOptions) {
    this.client = new SwarmClient({ url: server.url })
    this.#server = server
    this.#folder = folder
    this.#options = options
  }

  /** Resolves when all are connected. */
  static async start(options: AmosVotersOptions): Promise<AmosVoters> {
    const folder = await mkdtemp(join(tmpdir(), 'amos-bench-voters-'))
    const voters = new AmosVoters(await startAmos('amos-synced'), folder, options)
    try {
      for (const agentId of voters.agentIds) await voters.open(agentId)
      return voters
    } catch (error) {
      await voters.close()
      throw error
    }
  }

  get agentIds(): readonly string[] {
    return Array.from({ length: this.#options.count }, (_, at) => `voter-${at}`)
  }

  /** Starts the voter's process, over the files of an earlier one. */
  async open(agentId: string): Promise<void> {
    const voter = await BenchProcess.start<AmosVoterCalls>('bench/programs/amos-voter.ts')
    this.#processes.set(agentId, voter)
    const lie = this.#options.liars?.get(this.agentIds.indexOf(agentId))
    const { url } = this.#server
    await voter.call('open', { url, agentId, stateDir: this.#folder, ...(lie === undefined ? {} : { lie }) })
  }

  /** The process of a voter. */
  processOf(agentId: string): BenchProcess<AmosVoterCalls> {
    const voter = this.#processes.get(agentId)
    if (voter === undefined) throw new Error(`there is no process of ${agentId}`)
    return voter
  }

  async close(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((voter) => voter.close()))
    await this.#server.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
