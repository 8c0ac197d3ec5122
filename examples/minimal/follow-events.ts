/** Prints what happens to tasks, from the beginning on, until three of them are completed. Survives restarts of the server. */
import { SwarmApiError, SwarmClient } from 'amos-swarm'

const client = new SwarmClient({ url: process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000' })
const events = client.events({ since: '0', types: ['amos.task.*'] })

let completed = 0
try {
  for await (const item of events) {
    if (item.type === 'gap') console.log(`events ${item.fromSequence} to ${item.toSequence} are gone`)
    else console.log(item.event.sequence, item.event.type, item.event.subject)
    if (item.type === 'event' && item.event.type === 'amos.task.completed') completed += 1
    if (completed === 3) break
  }
  console.log(`to go on from here later: since ${events.cursor}`)
} catch (error) {
  if (!(error instanceof SwarmApiError)) throw error
  console.error(`the server refuses: ${error.code}`)
  process.exitCode = 1
}
