/** Two agents that talk: a question and its answer, a topic, and a message that waits for an agent that is away. */
import { SwarmAgent } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'

const ada = new SwarmAgent({ url, agentId: 'ada' })
const bob = new SwarmAgent({ url, agentId: 'bob' }).onMessage(({ kind, payload }) => {
  if (kind === 'request') return `${String(payload)}, answered`
  console.log('bob got', payload)
  return undefined
})

await ada.start()
await bob.start()
console.log('bob says', await ada.request('bob', 'a question'))

await bob.subscribe('news', ({ payload, from }) => console.log('bob reads', payload, 'by', from))
await ada.publish('news', 'first edition')
await bob.close()

await ada.send('bob', 'kept for you', { isDurable: true })
const again = new SwarmAgent({ url, agentId: 'bob' })
const received = new Promise((resolve) => again.onMessage(({ payload }) => resolve(payload)))
await again.start()
console.log('bob is back and got', await received)

await Promise.all([ada.close(), again.close()])
