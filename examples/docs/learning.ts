/** The program of docs/learning.md: an agent that shares what worked, and trains a model with the swarm. */
import { SwarmAgent, SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'
const client = new SwarmClient({ url })

const agent = new SwarmAgent({ url, agentId: 'learner', capabilities: ['summarize'] })

const ownSamples = [1, 2, 3]
/** Stands for real training: moves each weight towards the mean of the samples. */
async function train(numbers: ArrayLike<number>, samples: readonly number[], epochs: unknown) {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
  return Float64Array.from(numbers, (number) => number + (Number(epochs) / 10) * (mean - number))
}

agent.onTrainingRound(async ({ numbers, parameters }) => {
  const trained = await train(numbers, ownSamples, parameters['epochs'])
  return { numbers: trained, sampleCount: ownSamples.length }
})
// A round needs more than one: these train on nothing of their own.
const others = Array.from({ length: 9 }, (_, number) =>
  new SwarmAgent({ url, agentId: `other-${number}` }).onTrainingRound(async ({ numbers }) => ({
    numbers: Float64Array.from(numbers),
    sampleCount: 1,
  })),
)
const agents = [agent, ...others]
await Promise.all(agents.map((each) => each.start()))

await agent.reportOutcome({
  type: 'summarize',
  method: 'small-model',
  isSuccess: true,
  durationMs: 900,
  cost: 0.2,
})
const { methods } = await agent.advice('summarize', { costWeight: 0.1 })
console.log(methods[0]?.arm) // small-model

await client.models.create({ model: 'digits', format: 'float64', shape: [10, 65] })
await client.models.upload('digits', new Float64Array(650), 'float64')
const { roundId } = await client.models.openRound({
  model: 'digits',
  aggregator: { kind: 'multi_krum', byzantineMax: 2, selectedCount: 6 },
  clientsMin: 7,
  durationMs: 60_000,
  parameters: { epochs: 5 },
})
console.log(roundId !== '') // true
await Promise.all(agents.map((each) => each.close()))
