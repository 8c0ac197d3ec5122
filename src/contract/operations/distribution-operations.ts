import { AssignmentPlan, AssignmentPlanRequest } from '../assignment-plan.ts'
import { LIMITS } from '../limits.ts'
import { SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

export const DISTRIBUTION_OPERATIONS = {
  planAssignments: defineOperation({
    operationId: 'planAssignments',
    method: 'POST',
    path: '/v1/swarms/{swarmId}/assignments/plan',
    tag: 'tasks',
    summary: 'Plan assignments',
    description:
      'Matches tasks with agents at the least total cost, by the ε-scaling auction. Nothing is submitted or assigned. Give a matrix of costs (`costs` or `arcs`), or `tasks`, whose costs the swarm estimates from what it has seen.',
    access: 'submitter',
    params: SwarmParams,
    body: AssignmentPlanRequest,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    replies: { 200: { description: 'The plan.', schema: AssignmentPlan } },
    problems: ['swarm_not_found', 'agent_not_found', 'limit_exceeded', 'store_unavailable', 'draining'],
  }),
} as const
