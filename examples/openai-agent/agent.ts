/** An agent that lets a language model answer, over any endpoint that speaks OpenAI's chat API. */
import { type AgentTask, SwarmAgent, type TaskContext, TaskFailure } from 'amos-swarm'

interface ChatPayload {
  readonly prompt: string
  readonly system?: string
}

interface ChatCompletion {
  readonly choices: readonly { readonly message: { readonly content: string } }[]
  readonly usage?: { readonly total_tokens: number }
}

const baseUrl = process.env['OPENAI_BASE_URL']
const apiKey = process.env['OPENAI_API_KEY'] ?? ''
const model = process.env['OPENAI_MODEL'] ?? 'gpt-4o-mini'
if (baseUrl === undefined) {
  console.error('Set OPENAI_BASE_URL, for instance to http://127.0.0.1:11434/v1.')
  process.exit(2)
}

const agent = new SwarmAgent({
  url: process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000',
  capabilities: ['chat'],
  slots: 4,
  labels: { model },
})
agent.handle('chat', chat)
await agent.start()
console.log(`${agent.agentId} answers with ${model}`)
process.once('SIGINT', () => void agent.drain({ deregister: true }))
process.once('SIGTERM', () => void agent.drain({ deregister: true }))

async function chat({ payload }: AgentTask, { signal }: TaskContext) {
  const { prompt, system } = payload as ChatPayload
  if (typeof prompt !== 'string')
    throw new TaskFailure('no prompt', { code: 'bad_payload', retryable: false })
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: prompt },
  ]
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ model, messages }),
    // A task that is canceled must not go on costing money.
    signal,
  })
  if (!response.ok) {
    // Too many requests and failures of theirs pass; a request they do not understand will not get better.
    const retryable = response.status === 429 || response.status >= 500
    throw new TaskFailure(await response.text(), { code: `openai.${response.status}`, retryable })
  }
  const { choices, usage } = (await response.json()) as ChatCompletion
  return { model, answer: choices[0]?.message.content ?? '', tokens: usage?.total_tokens }
}
