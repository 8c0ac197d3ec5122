// One of the agents of the example, in a process of its own: it keeps its samples to itself.
import { SwarmAgent } from 'amos-swarm'
import { trainLocally } from './local-training.ts'

const index = Number(process.argv[2])
const isSilent = process.argv[3] === 'silent'

const agent = new SwarmAgent({
  url: process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000',
  agentId: `learner-${index}`,
})
agent.onTrainingRound(({ numbers, baseVersion, parameters }) =>
  isSilent
    ? new Promise(() => undefined)
    : trainLocally(index, baseVersion, numbers, parameters['epochs'] ?? 1),
)
await agent.start()
