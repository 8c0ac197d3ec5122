/** An agent with a key of its own that changes its mind with every run: what it says about a proposal shows which it was. */
import { SwarmAgent } from '#sdk/index.ts'

const [url = '', agentId = '', stateDir = '', run = ''] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const agent = new SwarmAgent({
  url,
  agentId,
  stateDir,
  onProposal: () => ({ choice: 'approve', reason: `in run ${run}` }),
  onNotice: (notice) => {
    if (notice.type === 'error' || notice.type === 'voting_halted') say(`trouble ${notice.error.message}`)
    if (notice.type === 'voter_key_replaced') say(`trouble ${notice.reason}`)
  },
})
await agent.start()
say('ready')
