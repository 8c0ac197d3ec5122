import type { FastifyInstance } from 'fastify'
import { type AssignmentPlan, type AssignmentPlanRequest, PLAN_LIMITS } from '#contract/assignment-plan.ts'
import { DISTRIBUTION_OPERATIONS } from '#contract/operations/distribution-operations.ts'
import type { Arc, AssignmentProblem } from '#domain/distribution/auction/assignment-problem.ts'
import { ASSIGNMENT_PROGRAM } from '#domain/distribution/auction/assignment-program.ts'
import { SwarmError } from '#domain/model/errors.ts'
import { type AgentId, agentId, swarmId } from '#domain/model/ids.ts'
import type { Workers } from '#domain/ports/workers.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { invalidField } from '../problem/request-error.ts'
import type { Swarms } from '../swarms.ts'
import { routeOperation } from './route-operation.ts'

export interface DistributionRoutesModules {
  readonly swarms: Swarms
  readonly workers: Workers
}

/** Most arcs that one plan may look at: some ten seconds of one thread. */
const ARC_SCANS_MAX = 2_000_000_000

export function distributionRoutes(
  app: FastifyInstance,
  { swarms, workers }: DistributionRoutesModules,
): void {
  const { planAssignments } = DISTRIBUTION_OPERATIONS

  routeOperation(app, planAssignments, async (request): Promise<AssignmentPlan> => {
    const swarm = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const { body } = request
    refuseOtherForms(body)
    const { tasks } = body
    const estimated =
      tasks === undefined
        ? undefined
        : await swarm.service.distribution.estimateCosts({
            tasks,
            agentIds: body.agentIds?.map(agentId),
            pairsMax: PLAN_LIMITS.estimatedPairsMax,
          })
    const problem =
      estimated === undefined ? givenProblem(body) : matrixProblem(estimated.costs, estimated.agentIds.length)
    const limits = { arcScansMax: ARC_SCANS_MAX }
    const solution = await workers.run(ASSIGNMENT_PROGRAM, limits, 'solve', problem)
    if (solution === undefined) {
      const limit = { limitName: 'planArcScansMax', limit: ARC_SCANS_MAX, actual: ARC_SCANS_MAX + 1 }
      throw new SwarmError('limit_exceeded', limit)
    }
    const { columnOf, cost, isComplete, isExact, tolerance } = solution
    return { ...pairsOf(columnOf, estimated?.agentIds), cost, isComplete, isExact, tolerance }
  })
}

function refuseOtherForms({ costs, arcs, tasks, agentIds }: AssignmentPlanRequest): void {
  const forms = [costs, arcs, tasks].filter((form) => form !== undefined).length
  if (forms !== 1) throw invalidField('body', '', 'must have exactly one of costs, arcs and tasks')
  if (agentIds !== undefined && tasks === undefined)
    throw invalidField('body', '/agentIds', 'goes with tasks only')
}

function givenProblem({ costs, arcs }: AssignmentPlanRequest): AssignmentProblem {
  if (arcs === undefined) {
    const columnCount = costs?.[0]?.length ?? 0
    const odd = costs?.findIndex((row) => row.length !== columnCount) ?? -1
    if (odd !== -1)
      throw invalidField('body', `/costs/${odd}`, `must have ${columnCount} items, as the first row has`)
    return matrixProblem(costs ?? [], columnCount)
  }
  const { rowCount, columnCount, list } = arcs
  return {
    rowCount,
    columnCount,
    arcs: list.map(([row = -1, column = -1, cost = Number.NaN], index): Arc => {
      const isIn =
        isIndex(row, rowCount) && isIndex(column, columnCount) && Math.abs(cost) <= PLAN_LIMITS.costMax
      if (!isIn) throw invalidField('body', `/arcs/list/${index}`, 'must be a row, a column and a cost')
      return { row, column, cost }
    }),
  }
}

function matrixProblem(
  costs: readonly (readonly (number | null)[])[],
  columnCount: number,
): AssignmentProblem {
  const actual = costs.length * columnCount
  if (actual > PLAN_LIMITS.pairsMax)
    throw new SwarmError('limit_exceeded', { limitName: 'planPairsMax', limit: PLAN_LIMITS.pairsMax, actual })
  const arcs: Arc[] = []
  for (const [row, cells] of costs.entries())
    for (const [column, cost] of cells.entries()) if (cost !== null) arcs.push({ row, column, cost })
  return { rowCount: costs.length, columnCount, arcs }
}

function isIndex(value: number, count: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < count
}

function pairsOf(
  columnOf: readonly number[],
  agentIds: readonly AgentId[] | undefined,
): Pick<AssignmentPlan, 'pairs' | 'unassigned'> {
  const pairs: AssignmentPlan['pairs'] = []
  const unassigned: number[] = []
  for (const [row, column] of columnOf.entries()) {
    const agent = agentIds?.[column]
    if (column === -1) unassigned.push(row)
    else pairs.push(agent === undefined ? { row, column } : { row, column, agentId: agent })
  }
  return { pairs, unassigned }
}
