import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreRefusedError } from '../../store-refused-error.ts'
import { makeUsableDirectory } from '../../system/make-directory.ts'

export interface ServedStore {
  readonly id: string
  /** The newest beat that Redis has answered. */
  readonly beat: number
  /** How many milliseconds of beats the store may have lost since, by the durability that it gave. */
  readonly lossMaxMs: number
}

interface Content {
  readonly witnessId: string
  /** The newest last. */
  readonly stores: readonly ServedStore[]
}

const FILE = 'redis-stores.json'
const STORES_MAX = 100

/** The stores that a node has served, by its own account: kept in its data directory, over restarts. */
export class ServedStores {
  readonly #directory: string | undefined
  #content: Content
  #saving: Promise<void> = Promise.resolve()

  private constructor(directory: string | undefined, content: Content) {
    this.#directory = directory
    this.#content = content
  }

  /**
   * @param directory made where it is missing; undefined keeps the account in memory alone
   * @throws StoreRefusedError where the directory cannot be used
   */
  static async open(directory: string | undefined): Promise<ServedStores> {
    const fresh: Content = { witnessId: randomUUID(), stores: [] }
    if (directory === undefined) return new ServedStores(directory, fresh)
    makeUsableDirectory(directory, 'data directory')
    const stores = new ServedStores(directory, (await read(join(directory, FILE))) ?? fresh)
    await stores.save()
    return stores
  }

  /** Names the account: two nodes with one data directory are one witness. */
  get witnessId(): string {
    return this.#content.witnessId
  }

  get newest(): ServedStore | undefined {
    return this.#content.stores.at(-1)
  }

  find(id: string): ServedStore | undefined {
    return this.#content.stores.find((store) => store.id === id)
  }

  /** Whether one of them is among these. */
  hasAny(ids: readonly string[]): boolean {
    return ids.some((id) => this.find(id) !== undefined)
  }

  note(store: ServedStore): void {
    const others = this.#content.stores.filter(({ id }) => id !== store.id)
    this.#content = { ...this.#content, stores: [...others, store].slice(-STORES_MAX) }
  }

  /** Writes one after another, each as a whole. */
  save(): Promise<void> {
    const directory = this.#directory
    if (directory === undefined) return Promise.resolve()
    this.#saving = this.#saving
      .catch(() => undefined)
      .then(async () => {
        const path = join(directory, FILE)
        // Nodes that share a directory do not share drafts.
        const draft = `${path}.${randomUUID()}.new`
        await writeFile(draft, `${JSON.stringify(this.#content, null, 2)}\n`, { mode: 0o600, flush: true })
        await rename(draft, path)
      })
    return this.#saving
  }
}

async function read(path: string): Promise<Content | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const content = parse(text)
  if (content === undefined)
    throw new StoreRefusedError(`${path} is not what a server has written: restore it, or remove it`)
  return content
}

function parse(text: string): Content | undefined {
  try {
    const content = JSON.parse(text) as Partial<Content> | null
    const isContent = typeof content?.witnessId === 'string' && Array.isArray(content.stores)
    return isContent ? (content as Content) : undefined
  } catch {
    return undefined
  }
}
