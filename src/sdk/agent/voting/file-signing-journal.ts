import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { SigningJournal, SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import type { ProposalId } from '#domain/model/ids.ts'
import { moveSynced, writeSynced } from './durable-files.ts'
import { type JournalEntry, lineOf, SignedRecords } from './signed-records.ts'

export interface FileSigningJournalOptions {
  readonly path: string
  readonly publicKey: PublicKey
  /** A file smaller than this is never rewritten. Default 1 MiB. */
  readonly compactAtBytes?: number
}

interface Waiting {
  readonly entry: JournalEntry
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const COMPACT_AT_BYTES = 1024 * 1024
const NEWLINE = 0x0a

/** What one key has signed, in an append-only file. Whatever waits is written and flushed together. */
export class FileSigningJournal implements SigningJournal {
  readonly publicKey: PublicKey
  readonly #path: string
  readonly #compactAtBytes: number
  readonly #records: SignedRecords
  readonly #waiting: Waiting[] = []
  #file: FileHandle
  #bytes: number
  #bytesAtCompaction: number
  #writing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  private constructor(
    options: FileSigningJournalOptions,
    file: FileHandle,
    records: SignedRecords,
    bytes: number,
  ) {
    this.publicKey = options.publicKey
    this.#path = options.path
    this.#compactAtBytes = options.compactAtBytes ?? COMPACT_AT_BYTES
    this.#file = file
    this.#records = records
    this.#bytes = bytes
    this.#bytesAtCompaction = bytes
  }

  /** Makes the journal of a key that has signed nothing yet; the file's name is the caller's to make durable. */
  static create({ path, publicKey }: FileSigningJournalOptions): Promise<void> {
    return writeSynced(path, new SignedRecords().toText(publicKey))
  }

  /** @throws UnusableState where it is another key's, or damaged */
  static async open(options: FileSigningJournalOptions): Promise<FileSigningJournal> {
    const bytes = await readFile(options.path)
    // What a crash cut off in the middle of a line was never answered as appended, and so was never sent.
    const length = bytes.lastIndexOf(NEWLINE) + 1
    const lines = bytes.subarray(0, length).toString().split('\n').slice(0, -1)
    const records = SignedRecords.fromLines(lines, options.publicKey)
    const file = await open(options.path, 'a')
    try {
      if (length < bytes.length) await file.truncate(length)
      // The process that wrote it may have died between writing and flushing; what counts as signed must stay so.
      await file.datasync()
      return new FileSigningJournal(options, file, records, length)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Proposals for which something was signed and that are not known to be over. */
  get openProposals(): readonly ProposalId[] {
    return this.#records.openProposals
  }

  get endedCount(): number {
    return this.#records.endedCount
  }

  isOpen(proposalId: ProposalId): boolean {
    return this.#records.isOpen(proposalId)
  }

  hasEnded(proposalId: ProposalId): boolean {
    return this.#records.hasEnded(proposalId)
  }

  async read(proposalId: ProposalId): Promise<readonly SigningRecord[]> {
    return this.#records.of(proposalId)
  }

  async append(record: SigningRecord): Promise<void> {
    if (this.hasEnded(record.proposalId))
      throw new Error(`${record.proposalId} is over: nothing more is signed`)
    await this.#write(record)
  }

  /** The proposal is over: what was signed for it may go, and nothing is ever signed for it again. */
  async end(proposalId: ProposalId): Promise<void> {
    if (!this.hasEnded(proposalId)) await this.#write({ ended: proposalId })
  }

  /** Ends what is being written, then refuses everything. */
  async close(): Promise<void> {
    await this.#writing
    this.#failure ??= { error: new Error('the signing journal is closed') }
    await this.#file.close()
  }

  #write(entry: JournalEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    for (let batch = this.#waiting.splice(0); batch.length > 0; batch = this.#waiting.splice(0)) {
      try {
        await this.#writeBatch(batch.map(({ entry }) => lineOf(entry)).join(''))
        for (const { entry } of batch) this.#records.take(entry)
        await this.#compact()
        for (const { resolve } of batch) resolve()
      } catch (error) {
        // The file may end in half a line: whatever came behind it would be lost with it.
        this.#failure ??= { error }
        for (const { reject } of batch) reject(error)
      }
    }
    this.#writing = undefined
  }

  async #writeBatch(text: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error
    await this.#file.appendFile(text)
    await this.#file.datasync()
    this.#bytes += Buffer.byteLength(text)
  }

  /** Writes the file anew without what no longer matters, once that may be half of it. */
  async #compact(): Promise<void> {
    if (this.#bytes < Math.max(this.#compactAtBytes, 2 * this.#bytesAtCompaction)) return
    const text = this.#records.toText(this.publicKey)
    const draft = `${this.#path}.new`
    await writeSynced(draft, text)
    const file = await open(draft, 'a')
    await moveSynced(draft, this.#path)
    await this.#file.close()
    this.#file = file
    this.#bytes = Buffer.byteLength(text)
    this.#bytesAtCompaction = this.#bytes
  }
}
