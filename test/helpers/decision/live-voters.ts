import { Admission } from '#domain/consensus/bft/admission.ts'
import { DecisionVoter } from '#domain/consensus/bft/decision-voter.ts'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { Equivocation } from '#domain/consensus/evidence.ts'
import type { SigningJournal } from '#domain/consensus/ports/signing-journal.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import { VoteSigner } from '#domain/consensus/vote-signer.ts'
import type { ManualClock } from '#simulation/manual-clock.ts'
import type { DecisionWorld } from './decision-world.ts'
import { MemorySigningJournal } from './memory-signing-journal.ts'

/** One voter as it really runs, and all that leaves it. */
export interface LiveVoter {
  readonly voter: DecisionVoter
  readonly journal: SigningJournal
  readonly sent: SignedMessage[]
  readonly certificates: DecisionCertificate[]
  readonly decided: DecisionCertificate[]
  readonly accused: Equivocation[]
  readonly refused: string[]
  readonly halts: unknown[]
}

export interface LiveVoterOptions {
  readonly clock: ManualClock
  readonly journal?: SigningJournal
  readonly mailboxMax?: number
  /** Where its words go, besides being noted. */
  readonly carry?: (message: SignedMessage) => void
}

export const RESEND_MS = 1_000

export function liveVoter(world: DecisionWorld, at: number, options: LiveVoterOptions): LiveVoter {
  const { clock, mailboxMax = 100, carry } = options
  const self = world.voter(at)
  const key = world.key(self)
  const journal = options.journal ?? new MemorySigningJournal(key.publicKey)
  const noted: Omit<LiveVoter, 'voter' | 'journal'> = {
    sent: [],
    certificates: [],
    decided: [],
    accused: [],
    refused: [],
    halts: [],
  }
  const voter = new DecisionVoter(
    { instance: world.instance, self, resendMs: RESEND_MS, mailboxMax },
    {
      clock,
      hasher: world.hasher,
      admission: new Admission(world),
      signer: new VoteSigner({ key, journal }),
      journal,
      transport: {
        send: (messages) => {
          noted.sent.push(...messages)
          for (const message of messages) carry?.(message)
        },
        sendCertificate: (certificate) => noted.certificates.push(certificate),
      },
      listener: {
        decided: (certificate) => noted.decided.push(certificate),
        accused: (equivocation) => noted.accused.push(equivocation),
        refused: (reason) => noted.refused.push(reason),
        halted: (error) => noted.halts.push(error),
      },
    },
  )
  return { voter, journal, ...noted }
}

/** Voters that hear each other at once; started. */
export async function startTable(world: DecisionWorld, clock: ManualClock): Promise<readonly LiveVoter[]> {
  const table: LiveVoter[] = world.voters.map((_, at) =>
    liveVoter(world, at, {
      clock,
      carry: (message) => {
        for (const [other, { voter }] of table.entries()) if (other !== at) voter.receive(message)
      },
    }),
  )
  await Promise.all(table.map(({ voter }) => voter.start()))
  return table
}
