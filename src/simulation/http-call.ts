import { isSwarmError, SwarmError } from '#domain/model/errors.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { SwarmMethod } from '#domain/orchestration/swarm-service.ts'
import { SimClaim } from './sim-claim.ts'
import type { SimNode } from './sim-node.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

type AgentOnly = { readonly agentId: AgentId }

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
    let isOver = false
    const claims: SimClaim[] = []
    const cancelTimeout = clock.setTimer(timeoutMs, () => {
      isOver = true
      for (const claim of claims) claim.closed()
      reject(unanswered())
    })
    const carry = (deliver: () => void, lose: () => void = () => undefined): void => {
      if (world.has('lost_messages') && world.happens(LOST_RATIO)) lose()
      else clock.setTimer(world.latencyMs(), deliver)
    }
    const request = (): void =>
      node.process.run(() => {
        if (!node.isReady) return
        const claim = method === 'agents.claim' ? new SimClaim(world, node, argument as AgentOnly) : undefined
        if (claim !== undefined) claims.push(claim)
        const settle = (outcome: () => void, value?: unknown): void =>
          carry(
            () => {
              const isHeard = !isOver && !caller.isDead
              claim?.answered(value, isHeard)
              if (!isHeard) return
              isOver = true
              cancelTimeout()
              outcome()
            },
            () => claim?.answered(value, false),
          )
        node.server.call(method, claim === undefined ? argument : { ...argument, claimId: claim.id }).then(
          (value) => settle(() => resolve(value), value),
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
