import type { FastifyInstance } from 'fastify'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import type { ServerMetrics } from '../metrics/server-metrics.ts'
import { routeOperation } from './route-operation.ts'

export function metricsRoute(app: FastifyInstance, { metrics }: { readonly metrics: ServerMetrics }): void {
  routeOperation(app, SYSTEM_OPERATIONS.getMetrics, async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  )
}
