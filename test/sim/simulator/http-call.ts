import { isSwarmError, SwarmError } from '#domain/errors.ts'
import type { SwarmMethod } from '#domain/orchestration/swarm-gateway.ts'
import type { SimNode } from './sim-node.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

const TIMEOUT_MS = 3_000
const LOST_RATIO = 0.05
const DUPLICATE_RATIO = 0.05

/** No answer came in time: the call may have happened or not. */
export function unanswered(): SwarmError<'coordinator_unavailable'> {
  return new SwarmError('coordinator_unavailable', { retryAfterMs: 100 })
}

/** One HTTP request to a node: it may be lost, and so may the answer, and a proxy may repeat it. */
export function httpCall<T>(
  world: World,
  caller: SimProcess,
  node: SimNode,
  method: SwarmMethod,
  argument: object,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const { clock } = world
  const answer = new Promise<unknown>((resolve, reject) => {
    const cancelTimeout = clock.setTimer(timeoutMs, () => reject(unanswered()))
    const carry = (deliver: () => void): void => {
      if (!(world.has('lost_messages') && world.happens(LOST_RATIO)))
        clock.setTimer(world.latencyMs(), deliver)
    }
    const settle = (outcome: () => void): void =>
      carry(() => {
        cancelTimeout()
        outcome()
      })
    const request = (): void =>
      node.process.run(() => {
        if (!node.isReady) return
        node.server.call(method, argument).then(
          (value) => settle(() => resolve(value)),
          (error: unknown) => {
            if (isSwarmError(error)) settle(() => reject(error))
            else world.auditor.report(error)
          },
        )
      })
    carry(request)
    if (world.has('duplicates') && world.happens(DUPLICATE_RATIO)) carry(request)
  })
  return caller.bring(answer) as Promise<T>
}
