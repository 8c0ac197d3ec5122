import type { FastifyInstance } from 'fastify'
import { CONTROL_OPERATIONS } from '#contract/operations/control-operations.ts'
import { swarmId } from '#domain/model/ids.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import type { Swarms } from '../swarms.ts'
import { budgetView, controlTarget, controlView } from '../views/control-view.ts'
import { type OperationRequest, routeOperation } from './route-operation.ts'

/** Limits, pauses and budgets. */
export function controlRoutes(app: FastifyInstance, { swarms }: { readonly swarms: Swarms }): void {
  const serviceOf = async (
    request: OperationRequest<typeof CONTROL_OPERATIONS.listControls>,
  ): Promise<SwarmService> =>
    (await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))).service
  const { listControls, setControl, removeControl, pauseTasks, resumeTasks } = CONTROL_OPERATIONS
  const { listBudgets, setBudget, topUpBudget, removeBudget } = CONTROL_OPERATIONS

  routeOperation(app, listControls, async (request) => {
    const { controls } = await serviceOf(request)
    return { controls: (await controls.list()).map(controlView) }
  })
  routeOperation(app, setControl, async (request) => {
    const { target, ...limits } = request.body
    const { controls } = await serviceOf(request)
    return controlView(await controls.set({ ...limits, target: controlTarget(target) }))
  })
  routeOperation(app, removeControl, async (request, reply) => {
    const { controls } = await serviceOf(request)
    await controls.remove({ target: controlTarget(request.params.target) })
    return reply.code(204).send()
  })
  routeOperation(app, pauseTasks, async (request) => {
    const { target, reason } = request.body
    const { controls } = await serviceOf(request)
    return controlView(await controls.pause({ target: controlTarget(target), reason }))
  })
  routeOperation(app, resumeTasks, async (request) => {
    const { controls } = await serviceOf(request)
    return controlView(await controls.resume({ target: controlTarget(request.body.target) }))
  })

  routeOperation(app, listBudgets, async (request) => {
    const { budgets } = await serviceOf(request)
    return { budgets: (await budgets.list()).map(budgetView) }
  })
  routeOperation(app, setBudget, async (request) =>
    budgetView(await (await serviceOf(request)).budgets.set(request.body)),
  )
  routeOperation(app, topUpBudget, async (request) =>
    budgetView(await (await serviceOf(request)).budgets.topUp(request.body)),
  )
  routeOperation(app, removeBudget, async (request, reply) => {
    const { budgets } = await serviceOf(request)
    await budgets.remove({ target: request.params.target })
    return reply.code(204).send()
  })
}
