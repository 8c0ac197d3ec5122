/** The program of docs/learning.md. */
import { SwarmAgent, SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'
const client = new SwarmClient({ url })
const agent = new SwarmAgent({ url, agentId: 'learner' })

const ownSamples = [1, 2, 3]
agent.onTrainingRound(({ numbers, parameters }) => {
  const trained = numbers.map((number) => number + (parameters['epochs'] ?? 1))
  return { numbers: trained, sampleCount: ownSamples.length }
})
await agent.start()

await agent.reportOutcome({
  type: 'summarize',
  method: 'small-model',
  isSuccess: true,
  durationMs: 900,
  cost: 0.2,
})
const { methods } = await agent.advice('summarize', { costWeight: 0.1 })
console.log('methods that are known', methods.length)

await client.models.create({ model: 'digits', format: 'float64', shape: [10, 65] })
await client.models.upload('digits', new Float64Array(650), 'float64')
const { roundId } = await client.models.openRound({
  model: 'digits',
  aggregator: { kind: 'fedavg' },
  clientsMin: 1,
  durationMs: 60_000,
  parameters: { epochs: 5 },
})
console.log('the round is open', roundId.length > 0)

await agent.close()
