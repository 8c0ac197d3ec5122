import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LEARNING_OPERATIONS } from '#contract/operations/learning-operations.ts'
import { agentId, swarmId, taskId } from '#domain/model/ids.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { senderOf } from '../auth/sender.ts'
import type { Swarms } from '../swarms.ts'
import { experienceFile } from '../views/experience-file.ts'
import { adviceView, experienceView } from '../views/learning-view.ts'
import { routeOperation } from './route-operation.ts'

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

const EXPORT_PAGE = 1_000
const TEXT_TYPE = 'text/plain; charset=utf-8'

export function learningRoutes(app: FastifyInstance, { swarms }: { readonly swarms: Swarms }): void {
  const { reportOutcome, listExperience, exportExperience, getAdvice, listLearnedTypes } = LEARNING_OPERATIONS

  async function serviceFor(request: SwarmRequest): Promise<SwarmService> {
    return (await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))).service
  }

  routeOperation(app, reportOutcome, async (request, reply) => {
    const { agentId: named, taskId: task, ...report } = request.body
    const from = senderOf(request, named)
    const service = await serviceFor(request)
    const about = task === undefined ? {} : { taskId: taskId(task) }
    await service.learning.reportOutcome({ ...report, ...about, agentId: from })
    return reply.code(204).send()
  })

  routeOperation(app, listExperience, async (request) => {
    const { pageSize, after = 0, agentId: agent, ...filter } = request.query
    const service = await serviceFor(request)
    const { experiences, next, isComplete } = await service.learning.experience({
      ...filter,
      ...(agent === undefined ? {} : { agentId: agentId(agent) }),
      after,
      countMax: pageSize,
    })
    return {
      experiences: experiences.map(experienceView),
      ...(next === undefined ? {} : { next }),
      isComplete,
    }
  })

  routeOperation(app, exportExperience, async (request, reply) => {
    const { format, after = 0, agentId: agent, ...filter } = request.query
    const service = await serviceFor(request)
    const query = { ...filter, ...(agent === undefined ? {} : { agentId: agentId(agent) }) }
    const experiences = []
    for (let from: number | undefined = after; from !== undefined; ) {
      const page: Awaited<ReturnType<SwarmService['learning']['experience']>> =
        await service.learning.experience({ ...query, after: from, countMax: EXPORT_PAGE })
      experiences.push(...page.experiences.map(experienceView))
      from = page.next
    }
    return reply.header('content-type', TEXT_TYPE).send(experienceFile(format, experiences))
  })

  routeOperation(app, getAdvice, async (request) => {
    const service = await serviceFor(request)
    const { costWeight } = request.query
    return adviceView(await service.learning.advice({ type: request.params.taskType, costWeight }))
  })

  routeOperation(app, listLearnedTypes, async (request) => {
    const service = await serviceFor(request)
    return { types: [...(await service.learning.types())] }
  })
}
