import type { FastifyInstance } from 'fastify'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import type { ServerMetrics } from '../metrics/server-metrics.ts'
import { routeOperation } from './route-operation.ts'

export function metricsRoute(app: FastifyInstance, { metrics }: { readonly metrics: ServerMetrics }): void {
  routeOperation(app, SYSTEM_OPERATIONS.getMetrics, async (request, reply) => {
    const caller = callerOf(request)
    const seesAll = caller.kind === 'client' && caller.isMonitor
    const text = await (seesAll ? metrics.text() : metrics.textOf(caller.tenant))
    return reply.header('content-type', metrics.contentType).send(text)
  })
}
