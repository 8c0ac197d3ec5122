import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import type { ProposalId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Speech } from '#sdk/agent/voting/speech.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import { speechOf as lieAs } from '../../../../examples/code-review/lies.ts'
import { MemorySigningJournal } from '../../../helpers/decision/memory-signing-journal.ts'
import type { VotingAgent, VotingAgentOptions } from '../../../helpers/decision/voting-agent.ts'
import type { Temper, VoterPlan } from './scenario.ts'

export interface SimVoterModules {
  readonly clock: Clock
  readonly random: SeededRandom
  indexOf(proposalId: ProposalId): number
  isCalm(): boolean
  /** Called when its process has died. */
  onCrash(agent: VotingAgent): void
}

/** What a voter of the plan is like: its opinion, its lies, and where its process dies. */
export function votingOptions(plan: VoterPlan, modules: SimVoterModules): VotingAgentOptions {
  const { name, choices, temper, crashRatio } = plan
  return {
    name,
    choose: (proposalId) => choices[modules.indexOf(proposalId)] ?? null,
    ...(temper === 'honest' ? {} : { speech: speechOf(temper) }),
    journal: (agent, publicKey) => new MortalJournal(publicKey, crashRatio, agent, modules),
  }
}

/** Its process may die at each append, before or after the record is there. */
class MortalJournal extends MemorySigningJournal {
  readonly #crashRatio: number
  readonly #agent: VotingAgent
  readonly #modules: SimVoterModules

  constructor(publicKey: PublicKey, crashRatio: number, agent: VotingAgent, modules: SimVoterModules) {
    super(publicKey)
    this.#crashRatio = crashRatio
    this.#agent = agent
    this.#modules = modules
  }

  override async append(record: SigningRecord): Promise<void> {
    if (this.#diesNow()) return never()
    await super.append(record)
    if (this.#diesNow()) return never()
  }

  #diesNow(): boolean {
    const { random, isCalm, onCrash } = this.#modules
    if (isCalm() || random.next() >= this.#crashRatio) return false
    this.#agent.crash()
    onCrash(this.#agent)
    return true
  }
}

/** What a dead process waits for does not come. */
function never(): Promise<void> {
  return new Promise(() => undefined)
}

function speechOf(temper: Exclude<Temper, 'honest'>): Speech {
  if (temper !== 'withholds') return lieAs(temper)
  return (message) => (message.kind === 'ballot' ? [message] : [])
}
