import { proposalId } from '#domain/model/ids.ts'
import { FileRaftStore } from '#sdk/agent/voting/file-raft-store.ts'
import { FileSigningJournal } from '#sdk/agent/voting/file-signing-journal.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { signingRecord } from '../../helpers/decision/signing-record.ts'
import { durableState } from '../raft-store.contract.ts'

/*
 * A voter that signs for one proposal after another and ends every other one, and enters one term after another; it says
 * `ack n` and `term n` once that is acknowledged, and ends by being killed. The files are rewritten often.
 */
const [journalPath = '', raftPath = '', first = '1'] = process.argv.slice(2)
const { publicKey } = new DecisionWorld().key(new DecisionWorld().voter(0))
const journal = await FileSigningJournal.open({ path: journalPath, publicKey, compactAtBytes: 20_000 })
const raft = await FileRaftStore.open({ path: raftPath, publicKey })

const STEPS_AT_ONCE = 8
let next = Number(first)

async function work(): Promise<void> {
  for (;;) {
    const step = next
    next += 1
    const world = new DecisionWorld({ proposalId: `step-${step}` })
    await journal.append(signingRecord(world, world.ballot(0)))
    await journal.append(signingRecord(world, world.prevote(0, 0, null)))
    if (step % 2 === 0) await journal.end(proposalId(`step-${step}`))
    process.stdout.write(`ack ${step}\n`)
  }
}

async function elect(): Promise<void> {
  for (let count = Number(first); ; count += 1) {
    await raft.save(durableState(count))
    process.stdout.write(`term ${count}\n`)
  }
}

await Promise.all([elect(), ...Array.from({ length: STEPS_AT_ONCE }, work)])
