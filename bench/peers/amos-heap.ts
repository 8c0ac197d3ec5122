import { once } from 'node:events'
import { WebSocket } from 'ws'

/** Has a Node that was started with `--inspect` throw away what it does not need. @param url printed by that Node */
export async function collectGarbage(url: string): Promise<void> {
  const inspector = new WebSocket(url)
  await once(inspector, 'open')
  inspector.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
  await once(inspector, 'message')
  inspector.close()
  await once(inspector, 'close')
}
