import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import { isStillNeeded } from '#domain/consensus/signing-slot.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import type { ProposalId } from '#domain/model/ids.ts'
import { UnusableState } from './unusable-state.ts'

const FORMAT = 'amos-signing-journal/1'

/** A line of a journal but its first: a signature, or that nothing will ever be signed for the proposal any more. */
export type JournalEntry = SigningRecord | { readonly ended: ProposalId }

/** What a key has signed, as far as it matters; one JSON text a line. */
export class SignedRecords {
  readonly #open = new Map<ProposalId, readonly SigningRecord[]>()
  /**
   * Kept for good. Without it the hub could put a decided proposal to the vote again, and have the same voters agree on
   * something else.
   */
  readonly #ended = new Set<ProposalId>()

  /** @throws UnusableState */
  static fromLines([head = '', ...lines]: readonly string[], key: PublicKey): SignedRecords {
    const { format, publicKey } = parsed(head) as { format?: unknown; publicKey?: unknown }
    if (format !== FORMAT) throw new UnusableState('the file is no signing journal')
    if (publicKey !== key) throw new UnusableState('the signing journal is of another key')
    const records = new SignedRecords()
    for (const line of lines) records.take(parsed(line) as JournalEntry)
    return records
  }

  get openProposals(): readonly ProposalId[] {
    return [...this.#open.keys()]
  }

  isOpen(proposalId: ProposalId): boolean {
    return this.#open.has(proposalId)
  }

  get endedCount(): number {
    return this.#ended.size
  }

  hasEnded(proposalId: ProposalId): boolean {
    return this.#ended.has(proposalId)
  }

  of(proposalId: ProposalId): readonly SigningRecord[] {
    return this.#open.get(proposalId) ?? []
  }

  take(entry: JournalEntry): void {
    if ('ended' in entry) {
      this.#open.delete(entry.ended)
      this.#ended.add(entry.ended)
      return
    }
    if (this.hasEnded(entry.proposalId)) return
    const kept = this.of(entry.proposalId).filter((record) => isStillNeeded(record, entry))
    this.#open.set(entry.proposalId, [...kept, entry])
  }

  /** All that a journal has to hold, from its first line on. */
  toText(publicKey: PublicKey): string {
    const ended = [...this.#ended].map((proposalId) => lineOf({ ended: proposalId }))
    const open = [...this.#open.values()].flat().map(lineOf)
    return [`${JSON.stringify({ format: FORMAT, publicKey })}\n`, ...ended, ...open].join('')
  }
}

export function lineOf(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`
}

function parsed(line: string): object {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Falls through to the same complaint.
  }
  throw new UnusableState('the signing journal is damaged')
}
