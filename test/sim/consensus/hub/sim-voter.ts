import type { PublicKey } from '#domain/consensus/hex.ts'
import type { DecisionInstance } from '#domain/consensus/instance.ts'
import type { SigningRecord } from '#domain/consensus/ports/signing-journal.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import type { ProposalId } from '#domain/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { MemorySigningJournal } from '../../../helpers/decision/memory-signing-journal.ts'
import { type Pen, VotingAgent, type VotingAgentOptions } from '../../../helpers/decision/voting-agent.ts'
import type { SeededRandom } from '../../../helpers/seeded-random.ts'
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
    ...(temper === 'honest'
      ? {}
      : { speak: (instance, message, pen) => lie(temper, instance, message, pen) }),
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

function lie(
  temper: Exclude<Temper, 'honest'>,
  instance: DecisionInstance,
  message: SignedMessage,
  pen: Pen,
): readonly SignedMessage[] {
  switch (temper) {
    case 'equivocates':
      return [message, contradiction(instance, message, pen)]
    case 'censors':
      return [censored(message, pen)]
    case 'withholds':
      return message.kind === 'ballot' ? [message] : []
    default:
      return temper satisfies never
  }
}

function contradiction(instance: DecisionInstance, message: SignedMessage, pen: Pen): SignedMessage {
  const { signature: _, ...said } = message
  if (said.kind === 'ballot') {
    const other = instance.proposal.options.find((option) => option !== said.choice) ?? 'abstain'
    return pen({ ...said, choice: other })
  }
  if (said.kind === 'nomination') return censored(message, pen)
  // Of a value there is none, or of none where it voted for one.
  return pen({ ...said, validRound: -1, valueId: said.valueId === null ? instance.proposalHash : null })
}

/** Without the first ballot; what it says of the value is then wrong as well. */
function censored(message: SignedMessage, pen: Pen): SignedMessage {
  if (message.kind !== 'nomination') return message
  const { signature: _, ...said } = message
  const value = { ...said.value, ballots: said.value.ballots.slice(1) }
  return pen({ ...said, value })
}
