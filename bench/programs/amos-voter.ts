/** An agent with a key of its own that approves whatever is put to the vote, or lies about it. */
import { setTimeout as delay } from 'node:timers/promises'
import { SwarmAgent } from '#sdk/index.ts'
import { type Lie, speechOf } from '../../examples/code-review/lies.ts'
import { answerCalls } from '../harness/calls.ts'

export interface AmosVoterOptions {
  readonly url: string
  readonly agentId: string
  readonly stateDir: string
  readonly lie?: Lie
}

export interface AmosVoterCalls {
  /** Resolves when it is connected. */
  readonly open: (parameter: AmosVoterOptions) => Promise<void>
}

/** So that all have heard of a proposal before its ballots decide it: agents think before they vote. */
const THINK_MS = 20

answerCalls<AmosVoterCalls>({
  open: async ({ url, agentId, stateDir, lie }) => {
    const agent = new SwarmAgent(
      {
        url,
        agentId,
        stateDir,
        onProposal: async () => {
          await delay(THINK_MS)
          return { choice: 'approve' }
        },
      },
      lie === undefined ? {} : { speech: speechOf(lie) },
    )
    await agent.start()
  },
})
