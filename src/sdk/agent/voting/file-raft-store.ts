import { readFile } from 'node:fs/promises'
import type { RaftStore } from '#domain/consensus/raft/raft-ports.ts'
import type { DurableState } from '#domain/consensus/raft/raft-state.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import { replaceFile, writeSynced } from './durable-files.ts'
import { UnusableState } from './unusable-state.ts'

export interface FileRaftStoreOptions {
  readonly path: string
  readonly publicKey: PublicKey
}

/** What the file holds, from the making of the key on: one without its file must not vote again. */
interface Content {
  readonly publicKey: PublicKey
  readonly state: DurableState | null
}

/** A voter's term, vote and log, in one file that is replaced as a whole. */
export class FileRaftStore implements RaftStore {
  readonly #options: FileRaftStoreOptions
  #state: DurableState | undefined
  /** One after another: two at once would write the same draft. */
  #lastSave: Promise<void> = Promise.resolve()

  private constructor(options: FileRaftStoreOptions, state: DurableState | undefined) {
    this.#options = options
    this.#state = state
  }

  /** Makes the store of a key that never voted; the file's name is the caller's to make durable. */
  static create({ path, publicKey }: FileRaftStoreOptions): Promise<void> {
    return writeSynced(path, textOf({ publicKey, state: null }))
  }

  /** @throws UnusableState where it is another key's, or damaged */
  static async open(options: FileRaftStoreOptions): Promise<FileRaftStore> {
    const content = contentOf(await readFile(options.path, 'utf8'))
    if (content === undefined) throw new UnusableState('the election state is damaged')
    if (content.publicKey !== options.publicKey)
      throw new UnusableState('the election state is of another key')
    return new FileRaftStore(options, content.state ?? undefined)
  }

  async load(): Promise<DurableState | undefined> {
    await this.#lastSave.catch(() => undefined)
    return this.#state
  }

  save(state: DurableState): Promise<void> {
    const { path, publicKey } = this.#options
    const saved = this.#lastSave
      .catch(() => undefined)
      .then(() => replaceFile(path, textOf({ publicKey, state })))
      .then(() => {
        this.#state = state
      })
    this.#lastSave = saved
    return saved
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    await this.#lastSave.catch(() => undefined)
  }
}

function textOf(content: Content): string {
  return JSON.stringify(content)
}

function contentOf(text: string): Content | undefined {
  try {
    return (JSON.parse(text) as Content | null) ?? undefined
  } catch {
    return undefined
  }
}
