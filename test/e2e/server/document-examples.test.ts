import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asyncApiDocument } from '#contract/documents/asyncapi-document.ts'
import { openApiDocument } from '#contract/documents/openapi-document.ts'
import {
  AGENT_ID,
  FENCING_TOKEN,
  PATTERN_ID,
  PROPOSAL_ID,
  ROUND_ID,
  TASK_ID,
} from '#contract/examples/example-ids.ts'
import { OPERATION_EXAMPLES, type OperationId } from '#contract/examples/operation-examples.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import { SwarmClient } from '#sdk/index.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

/** What stands in the document for an operation, as a reader of the document sees it. */
interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: string }[]
  readonly requestBody?: { readonly content: { readonly 'application/json'?: { readonly example: object } } }
}
type Replacements = Readonly<Record<string, string | number>>

const paths = openApiDocument()['paths'] as Record<string, Record<string, Described>>

describe('the requests in the documents', () => {
  let node: TestNode
  let client: SwarmClient
  let raw: ContractClient
  beforeAll(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
    raw = new ContractClient(node.url)
  })
  afterAll(() => node.close())

  async function open(): Promise<Replacements> {
    const { taskId } = await client.submit({ type: 'sum', capabilities: ['sum'] })
    return { [TASK_ID]: taskId }
  }
  async function held(): Promise<Replacements> {
    const { taskId } = await client.submit({ type: 'sum', capabilities: ['sum'], priority: 1 })
    const claimed = await client.claimTasks('ada', { countMax: 1, waitMs: 5_000 })
    expect(claimed.map((assignment) => assignment.taskId)).toEqual([taskId])
    return { [TASK_ID]: taskId, [FENCING_TOKEN]: claimed[0]?.fencingToken ?? 0 }
  }
  /** A new one where the round before is over. */
  async function round(): Promise<Replacements> {
    const known = (await client.models.rounds()).find(({ status }) => status === 'open')
    const opened = { model: 'digits', aggregator: { kind: 'median' as const }, durationMs: 60_000 }
    // The model is in training until the round before is aggregated.
    const { roundId } =
      known ??
      (await eventually(() =>
        client.models.openRound({ ...opened, agentIds: [AGENT_ID] }).catch(() => undefined),
      ))
    return { [ROUND_ID]: roundId }
  }
  async function finished(): Promise<Replacements> {
    const replacements = await open()
    await client.cancelTask(String(replacements[TASK_ID]))
    return replacements
  }
  /** Two agents that wait for each other. */
  async function noticed(): Promise<Replacements> {
    const knot = ['left', 'right']
    const isTied = (await client.patterns.list()).patterns.length > 0
    for (const agentId of isTied ? [] : knot) {
      await client.registerAgent({ agentId, capabilities: [{ name: agentId }] })
      await client.submit({ type: 'knot', capabilities: [agentId] })
      const [held] = await client.claimTasks(agentId, { countMax: 1, waitMs: 5_000 })
      const waitsFor = knot.filter((other) => other !== agentId)
      await client.reportProgress(held!.taskId, { agentId, fencingToken: held!.fencingToken, waitsFor })
    }
    const [pattern] = await eventually(async () => {
      const { patterns } = await client.patterns.list()
      expect(patterns).toHaveLength(1)
      return patterns
    })
    return { [PATTERN_ID]: pattern!.patternId }
  }
  /** Frees the slot for the next operation. A task that has ended already stays as it is. */
  async function cancelled({ [TASK_ID]: taskId }: Replacements): Promise<void> {
    if (taskId !== undefined) await client.cancelTask(String(taskId)).catch(() => undefined)
  }

  /** What an operation needs to be there, besides what the operations before it made. */
  const PREPARATIONS: Partial<Record<OperationId, () => Promise<Replacements>>> = {
    getTask: open,
    cancelTask: open,
    retryTask: finished,
    getTaskDecision: held,
    getTaskPlacement: open,
    reportProgress: held,
    completeTask: held,
    failTask: held,
    releaseTask: held,
    cancelProposal: async () => {
      await client.registerAgent({ agentId: 'slow' })
      await client.consensus.propose({ proposalId: 'withdrawn', title: 'Wait?' })
      return { [PROPOSAL_ID]: 'withdrawn' }
    },
    getRound: round,
    declineRound: round,
    sendUpdate: round,
    closeRound: round,
    cancelRound: round,
    getPattern: noticed,
    acknowledgePattern: noticed,
    dismissPattern: noticed,
    getProposalDecision: async () => {
      await eventually(async () => (await client.consensus.proposal(PROPOSAL_ID)).status === 'decided')
      return {}
    },
  }

  it('succeed one after the other on a new server, with the ids that the server gives', async () => {
    for (const operationId of Object.keys(OPERATION_EXAMPLES) as OperationId[]) {
      const operation = OPERATIONS.find((candidate) => candidate.operationId === operationId)
      if (operation === undefined) throw new Error(`no operation ${operationId}`)
      const { parameters = [], requestBody } = paths[operation.path]?.[operation.method.toLowerCase()] ?? {}
      const replacements = (await PREPARATIONS[operationId]?.()) ?? {}
      const given = parameters.filter(({ in: place, example }) => place === 'path' && example !== undefined)
      const answer = await raw.call(operation, {
        params: Object.fromEntries(
          given.map(({ name, example = '' }) => [name, String(replacements[example] ?? example)]),
        ),
        ...(requestBody?.content['application/json'] === undefined
          ? {}
          : { body: replaced(requestBody.content['application/json'].example, replacements) }),
        ...bytesOf(operationId),
      })
      // A new server has lost nothing that could be accepted, and its agents have formed no groups.
      const statusMax = operationId === 'acceptStoreLoss' ? 409 : operationId === 'getGroup' ? 404 : 299
      const { status, body } = answer
      expect(status, `${operationId}: ${JSON.stringify(body)}`).toBeLessThanOrEqual(statusMax)
      await cancelled(replacements)
    }
  })
})

/** The numbers of a request whose body is no JSON, and its query. */
function bytesOf(operationId: OperationId) {
  const { numbers, query = {} } = OPERATION_EXAMPLES[operationId]
  if (numbers === undefined) return {}
  const asText = Object.entries(query).map(([name, value]) => [name, String(value)] as const)
  return { bytes: new Uint8Array(Float64Array.from(numbers).buffer), query: Object.fromEntries(asText) }
}

interface Message {
  readonly name: string
  readonly examples: readonly { readonly payload: object }[]
}
interface AsyncApi {
  readonly components: { readonly messages: Readonly<Record<string, Message>> }
}

describe('the frames in the documents', () => {
  const { components } = asyncApiDocument() as unknown as AsyncApi
  let node: TestNode
  let client: SwarmClient
  beforeAll(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
    await client.registerAgent({ agentId: 'ada', capabilities: [{ name: 'sum' }] })
  })
  afterAll(() => node.close())

  it.each(['TaskAccept', 'TaskProgress', 'TaskComplete', 'TaskFail', 'TaskRelease'])(
    'are accepted of an agent that holds the task: %s',
    async (name) => {
      const channel = await attached()
      const { taskId } = await client.submit({ type: 'sum', capabilities: ['sum'] })
      const { fencingToken } = await channel.next('task.assigned')
      channel.send({
        ...example(`${name}Frame`, { [TASK_ID]: taskId, [FENCING_TOKEN]: fencingToken }),
        requestId: 2,
      })
      expect(await channel.next('ack')).toMatchObject({ requestId: 2 })
      await client.cancelTask(taskId).catch(() => undefined)
      await channel.close()
    },
  )

  it.each(['MessageSend', 'MessageAck', 'SubscribeTopics', 'Heartbeat', 'Consensus'])(
    'are accepted of any agent: %s',
    async (name) => {
      const channel = await attached()
      if (name === 'Consensus') await client.consensus.propose({ proposalId: PROPOSAL_ID, title: 'Merge?' })
      channel.send({ ...example(`${name}Frame`, {}), requestId: 3 })
      // The example of a heartbeat names a task that the agent does not hold, and the answer says so.
      expect(await channel.next('ack')).toMatchObject({ requestId: 3 })
      await channel.close()
    },
  )

  it('open an event stream', async () => {
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send(example('SubscribeFrame', {}))
    expect(await stream.next('ack')).toEqual({ type: 'ack', requestId: 1 })
    await stream.close()
  })

  async function attached(): Promise<FrameClient> {
    const channel = await FrameClient.open(node.url, '/v1/swarms/default/agents/ada/channel')
    channel.send(example('HelloFrame', {}))
    expect(await channel.next()).toMatchObject({ type: 'welcome', requestId: 1 })
    return channel
  }

  function example(name: string, replacements: Replacements): object {
    const payload = components.messages[name]?.examples[0]?.payload
    if (payload === undefined) throw new Error(`the document has no example of ${name}`)
    return JSON.parse(replaced(payload, replacements)) as object
  }
})

function replaced(example: object, replacements: Replacements): string {
  let text = JSON.stringify(example)
  for (const [from, to] of Object.entries(replacements)) text = text.replaceAll(from, String(to))
  return text
}
