import { join } from 'node:path'
import type { ElectionPlace } from '#domain/consensus/raft/vote-certificate.ts'
import { possessionBytes } from '#domain/consensus/sign-bytes.ts'
import type { PublicKey, Signature } from '#domain/model/hex.ts'
import type { AgentId } from '#domain/model/ids.ts'
import { DirectoryLock } from '#infra/system/directory-lock.ts'
import { findKey, type KeyFiles } from './key-files.ts'

export interface VoterHomeOptions {
  /** May be shared by any number of agents. */
  readonly stateDir: string
  readonly place: ElectionPlace
  readonly agentId: AgentId
}

/** A key the agent wants to vote with, and its proof that it holds it. */
export interface VoterKeyClaim {
  readonly publicKey: PublicKey
  readonly proof: Signature
}

/** Where one agent keeps what it votes with: its own directory, locked for as long as it runs. */
export class VoterHome implements KeyFiles {
  readonly place: ElectionPlace
  readonly key: KeyFiles['key']
  readonly journal: KeyFiles['journal']
  readonly raftStore: KeyFiles['raftStore']
  /** Why the agent's key of an earlier run is not used any more; undefined where it is, or this is the first run. */
  readonly replaced: string | undefined
  readonly #agentId: AgentId
  readonly #lock: DirectoryLock

  private constructor(
    { place, agentId }: VoterHomeOptions,
    files: KeyFiles & { readonly lock: DirectoryLock; readonly replaced: string | undefined },
  ) {
    this.place = place
    this.key = files.key
    this.journal = files.journal
    this.raftStore = files.raftStore
    this.replaced = files.replaced
    this.#agentId = agentId
    this.#lock = files.lock
  }

  /** @throws Error where another process runs the same agent, or the directory cannot be used */
  static async open(options: VoterHomeOptions): Promise<VoterHome> {
    const { stateDir, place, agentId } = options
    const directory = join(stateDir, place.tenantId, place.swarmId, agentId)
    const lock = DirectoryLock.acquire({
      directory,
      fileName: 'agent.lock',
      directoryName: 'state directory',
      holderName: 'agent',
    })
    try {
      const { files, replaced } = await findKey(directory)
      return new VoterHome(options, { ...files, lock, replaced })
    } catch (error) {
      lock.release()
      throw error
    }
  }

  get claim(): VoterKeyClaim {
    const { publicKey } = this.key
    const bytes = possessionBytes({ ...this.place, agentId: this.#agentId, publicKey })
    return { publicKey, proof: this.key.sign(bytes) }
  }

  /** Ends what is being written, and lets another run of the agent have the directory. */
  async close(): Promise<void> {
    try {
      await Promise.all([this.journal.close(), this.raftStore.close()])
    } finally {
      this.#lock.release()
    }
  }
}
