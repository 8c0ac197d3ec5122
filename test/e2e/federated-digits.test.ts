import { afterEach, expect, it } from 'vitest'
import { aggregate } from '#domain/intelligence/learning/aggregation/aggregator.ts'
import { CLASS_COUNT, INPUT_COUNT, readDigits } from '../../examples/federated-digits/data.ts'
import { trainLocally } from '../../examples/federated-digits/local-training.ts'
import { accuracy, emptyModel } from '../../examples/federated-digits/softmax.ts'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

let node: TestNode | undefined
let example: OwnedProcess | undefined

afterEach(async () => {
  await example?.kill9()
  await node?.close()
})

const ROUND = /^round (\d): completed, accuracy (\S+), updates of (.+)$/

it('ten processes learn digits though two lie, one is silent and the leader is killed', {
  timeout: 240_000,
}, async () => {
  node = await startTestNode()
  example = spawnSource('examples/federated-digits/federated-digits.ts', [], { env: { AMOS_URL: node.url } })
  expect((await example.exited).code, example.output).toBe(0)
  const lines = example.output.trim().split('\n')
  expect(lines).toContain('round 2: the leader was killed, and another one took the round over')
  const rounds = lines.flatMap((line) => [ROUND.exec(line)].filter((match) => match !== null))
  expect(rounds.map(([, round]) => round)).toEqual(['1', '2', '3'])

  // The same rounds with the same updates, without a server between.
  let model: Float64Array = emptyModel(CLASS_COUNT, INPUT_COUNT)
  for (const [index, [, , reached, senders = '']] of rounds.entries()) {
    const agents = senders.split(' ').map((agentId) => Number(agentId.replace('learner-', '')))
    expect(agents.length).toBeGreaterThanOrEqual(8)
    expect(agents).not.toContain(9)
    const updates = agents.map((agent) => {
      const { numbers, sampleCount } = trainLocally(agent, index + 1, model, 2)
      return { vector: numbers, weight: sampleCount }
    })
    model = aggregate({ kind: 'multi_krum', byzantineMax: 2, selectedCount: 5 }, updates)
    const simulated = accuracy(model, readDigits().test, CLASS_COUNT)
    expect(Math.abs(simulated - Number(reached))).toBeLessThanOrEqual(0.01)
  }
  expect(Number(rounds.at(-1)?.[2])).toBeGreaterThanOrEqual(0.9)
})
