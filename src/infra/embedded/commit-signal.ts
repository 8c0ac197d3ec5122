import type { RootDatabase } from 'lmdb'

/** What lmdb's own writer reports about one transaction, as of lmdb 3.5: not part of its documented interface. */
const VISIBLE = 1
const RUN_CALLBACKS = 2

type ProgressListener = (status: number) => unknown
interface WriterInternals {
  readonly startWriting?: (address: number, onProgress: ProgressListener) => void
}

/**
 * Tells when a transaction was committed, without waiting for the disk.
 *
 * lmdb promises to, but with overlapping syncs its promises resolve only after the flush. Its writer does report the
 * moment in between: every process sees the transaction then, and only a power failure can undo it. This class
 * listens in on that report. Should a later lmdb change it, nobody is called, and answers wait for the flush as they
 * do without it: slower, never wrong.
 */
export class CommitSignal {
  #running: (() => void)[] | undefined

  constructor(root: RootDatabase<Buffer, string>) {
    const { env } = root as unknown as { readonly env?: WriterInternals }
    const start = env?.startWriting
    if (env === undefined || typeof start !== 'function') return
    const startWriting = (address: number, onProgress: ProgressListener): void =>
      start.call(env, address, this.#listenIn(onProgress))
    Object.defineProperty(env, 'startWriting', { value: startWriting, configurable: true })
  }

  /** For the transaction whose callback is running now. May never call, see above. */
  onceVisible(listener: () => void): void {
    this.#running?.push(listener)
  }

  #listenIn(onProgress: ProgressListener): ProgressListener {
    const listeners: (() => void)[] = []
    return (status) => {
      if (status === RUN_CALLBACKS) {
        this.#running = listeners
        try {
          return onProgress(status)
        } finally {
          this.#running = undefined
        }
      }
      const answer = onProgress(status)
      if (status === VISIBLE) for (const listener of listeners.splice(0)) listener()
      return answer
    }
  }
}
