import { afterEach, expect, it } from 'vitest'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

let node: TestNode | undefined
let example: OwnedProcess | undefined

afterEach(async () => {
  await example?.kill9()
  await node?.close()
})

it('the example of three agents that decide prints what it promises', { timeout: 120_000 }, async () => {
  node = await startTestNode()
  example = spawnSource('examples/voting/three-agents.ts', [], { env: { AMOS_URL: node.url } })
  expect((await example.exited).code, example.output).toBe(0)
  expect(example.output.trim().split('\n')).toEqual([
    'they decided {"verdict":"approved","option":"approve"}',
    'the certificate is valid',
    'by their own keys alone: true',
  ])
})
