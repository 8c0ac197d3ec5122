import { nodeId, type Scope } from '#domain/model/ids.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { putNumber, sampleEntry, sampleEvent } from '../../helpers/sample-records.ts'

/*
 * A node that coordinates a scope, submits `entryCount` tasks, takes the first `takenCount` and settles the first
 * `settledCount` of them; then it says so and waits to be killed.
 */
const [url = '', scopeText = '', entryCount = '0', takenCount = '0', settledCount = '0'] =
  process.argv.slice(2)
const scope = scopeText as Scope
const clock = new SystemClock()
const infra = await createRedisInfra({ url, nodeId: nodeId('doomed') }, { clock, logger: new MemoryLogger() })
await infra.peers.start({
  call: async () => null,
  notice: () => {},
  cutOff: () => {},
  unreceived: () => {},
  peerLost: () => {},
  missed: () => {},
  news: () => {},
  appended: () => {},
})
const claim = await infra.coordination.claim(scope, 0)
if (!claim.isHeld) throw new Error('somebody else coordinates')

const queue = infra.readyQueueFor(scope, claim.epoch)
const ids = Array.from({ length: Number(entryCount) }, (_, index) => `t-${index}`)
await Promise.all(
  ids.map((id, index) =>
    infra.store.transact({
      scope,
      epoch: claim.epoch,
      keys: [],
      decide: () => ({
        writes: [putNumber(id, index)],
        events: [sampleEvent(id)],
        ready: [sampleEntry(id, { rank: index })],
        result: null,
      }),
    }),
  ),
)
const taken: string[] = []
while (taken.length < Number(takenCount)) {
  const entries = await queue.take(Number(takenCount) - taken.length)
  const toSettle = entries.slice(0, Math.max(0, Number(settledCount) - taken.length))
  await queue.settle(toSettle)
  taken.push(...entries.map(({ taskId }) => taskId))
  if (entries.length === 0) await new Promise((resolve) => setImmediate(resolve))
}
process.stdout.write(`settled ${taken.slice(0, Number(settledCount)).join(' ')}\n`)
