/** The program of docs/payloads.md: a payload with a number that JavaScript cannot hold. */
import { rawJson, SwarmAgent, SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'

const agent = new SwarmAgent({ url, agentId: 'teller', capabilities: ['pay'] })
agent.handle('pay', ({ payload, payloadText }) => {
  console.log(payload) // { amount: 12345678901234567000 }
  console.log(payloadText) // {"amount":12345678901234567890.10}
  return rawJson(payloadText)
})
await agent.start()

const client = new SwarmClient({ url })
const { taskId } = await client.submit({
  type: 'pay',
  capabilities: ['pay'],
  payload: { amount: rawJson('12345678901234567890.10') },
})
const { resultText } = await client.waitForTask(taskId)
console.log(resultText) // {"amount":12345678901234567890.10}

await agent.close()
