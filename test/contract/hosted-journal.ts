import { EventStream } from '#domain/communication/event-stream.ts'
import { HostedJournal } from '#domain/consensus-engine/proposals/hosted-journal.ts'
import { Reminders } from '#domain/kernel/reminders.ts'
import { SwarmJournal } from '#domain/kernel/swarm-journal.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import { agentId } from '#domain/model/ids.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { claimed, freshScope, type SetupInfra } from './infra-under-test.ts'
import type { JournalUnderTest } from './signing-journal.contract.ts'

/** The journal of a key that the hub holds, over one of the stores. */
export async function hostedJournal(setup: SetupInfra, publicKey: PublicKey): Promise<JournalUnderTest> {
  const t = await setup()
  const scope = freshScope()
  const open = async (): Promise<HostedJournal> => {
    const { infra, clock } = t
    const logger = new MemoryLogger()
    const events = new EventStream({ scope, tailMax: 10 }, { ...infra, logger })
    const journal = new SwarmJournal(
      { scope, epoch: await claimed(t, scope) },
      { ...infra, logger, events, reminders: new Reminders({ clock }), onFenced: () => undefined },
    )
    return new HostedJournal({ agentId: agentId('v00'), publicKey }, { ...infra, journal, clock })
  }
  let journal = await open()
  return {
    get journal() {
      return journal
    },
    reopen: async () => {
      await t.reopen()
      journal = await open()
    },
    teardown: () => t.teardown(),
  }
}
