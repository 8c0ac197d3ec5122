import type { SigningJournal, SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import type { ProposalId } from '#domain/model/ids.ts'

/** Keeps everything for as long as the test does; a "restart" makes a new signer over the same journal. */
export class MemorySigningJournal implements SigningJournal {
  readonly publicKey: PublicKey
  readonly records: SigningRecord[] = []

  constructor(publicKey: PublicKey) {
    this.publicKey = publicKey
  }

  async read(proposalId: ProposalId): Promise<readonly SigningRecord[]> {
    return this.records.filter((record) => record.proposalId === proposalId)
  }

  async append(record: SigningRecord): Promise<void> {
    this.records.push(record)
  }
}
