/** The program of docs/messaging.md. */
import { SwarmAgent } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'

const dave = new SwarmAgent({ url, agentId: 'dave' })
dave.onMessage(({ kind, payload }) => {
  console.log('dave got', kind, JSON.stringify(payload))
  // The value that is returned to a request is the reply.
  return kind === 'request' ? { answer: 42 } : undefined
})
await dave.start()
await dave.subscribe('findings/security', ({ payload }) => console.log('finding', JSON.stringify(payload)))

const erin = new SwarmAgent({ url, agentId: 'erin' })
await erin.start()
await erin.publish('findings/security', { file: 'a.ts', line: 3 })
await erin.broadcast({ pause: true })
await erin.send('dave', { hello: 'dave' })
await erin.send('dave', { keep: 'this' }, { isDurable: true })
const reply = await erin.request('dave', { question: '?' }, { timeoutMs: 5_000 })
console.log('reply', JSON.stringify(reply))

await Promise.all([dave.close(), erin.close()])
