/** An agent that writes down each execution before it does the work, so that executions can be counted. */

import { openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { SwarmAgent } from '#sdk/index.ts'
import type { AgentProgramOptions, JournalEntry } from '../../helpers/chaos/agent-journal.ts'

const { urls, agentId, slots, journal, workMs } = JSON.parse(process.argv[2] ?? '{}') as AgentProgramOptions
const file = openSync(journal, 'a')

/** One write a line: a kill leaves whole lines behind. */
function note(entry: JournalEntry): void {
  writeSync(file, `${JSON.stringify(entry)}\n`)
}

const agent = new SwarmAgent({
  url: urls,
  agentId,
  slots,
  onNotice: (notice) => {
    if (notice.type === 'task_lost')
      note({ type: 'lost', agentId, taskId: notice.taskId, reason: notice.reason, at: Date.now() })
    else if (notice.type === 'connected')
      note({ type: 'connected', agentId, url: notice.url, at: Date.now() })
    else if (notice.type === 'error')
      note({ type: 'trouble', agentId, message: notice.error.message, at: Date.now() })
  },
})

agent.handle('*', async ({ taskId, attempt, fencingToken, payload }) => {
  note({ type: 'execution', agentId, taskId, attempt, fencingToken, at: Date.now() })
  const { workMs: ownMs = workMs } = (payload ?? {}) as { readonly workMs?: number }
  await delay(ownMs)
  return { agentId, fencingToken }
})

process.once('SIGTERM', () => void agent.close())
await agent.start()
const { reason, error } = await agent.ended
if (reason !== 'closed') note({ type: 'ended', agentId, reason: error?.message ?? reason, at: Date.now() })
