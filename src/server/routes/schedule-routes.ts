import type { FastifyInstance } from 'fastify'
import { SCHEDULE_OPERATIONS } from '#contract/operations/schedule-operations.ts'
import type { Timing as WireTiming } from '#contract/schedule.ts'
import { type EpochMs, epochMs, swarmId, taskId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Ids } from '#domain/ports/random.ts'
import type { Timing } from '#domain/schedules/fire-times.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { scheduleView } from '../views/schedule-view.ts'
import { pageRequest } from './cancellation.ts'
import { type NewTaskDefaults, newTask, timeIn } from './new-task.ts'
import { type OperationRequest, routeOperation } from './route-operation.ts'

export interface ScheduleRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
  readonly clock: Clock
  readonly ids: Ids
}

/** Tasks that are submitted by the clock. */
export function scheduleRoutes(
  app: FastifyInstance,
  defaults: NewTaskDefaults,
  { swarms, pageTokens, clock, ids }: ScheduleRoutesModules,
): void {
  const { createSchedule, listSchedules, getSchedule, deleteSchedule } = SCHEDULE_OPERATIONS
  const { pauseSchedule, resumeSchedule, runSchedule } = SCHEDULE_OPERATIONS
  const open = (request: OperationRequest<typeof getSchedule | typeof createSchedule>) =>
    swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))

  routeOperation(app, createSchedule, async (request, reply) => {
    const { task, timing, ...rest } = request.body
    const { service } = await open(request)
    const { spec, payload } = newTask({ ...task, dependsOn: [] }, '/task', defaults, ids)
    const record = await service.schedules.create({
      ...rest,
      timing: readTiming(timing, clock.now()),
      spec,
      payload,
    })
    reply.code(201).header('location', `/v1/swarms/${request.params.swarmId}/schedules/${record.scheduleId}`)
    return scheduleView(record)
  })

  routeOperation(app, listSchedules, async (request, reply) => {
    const { pageSize, pageToken } = request.query
    const { reader } = await open(request)
    const list = ['schedules', callerOf(request).tenant, request.params.swarmId]
    const page = await reader.schedules(pageRequest(reply, pageSize, pageTokens.redeem(pageToken, list)))
    return { schedules: page.items.map(scheduleView), ...pageEnd(page, list, pageTokens) }
  })

  routeOperation(app, getSchedule, async (request) =>
    scheduleView(await (await open(request)).reader.schedule(request.params.scheduleId)),
  )
  routeOperation(app, pauseSchedule, async (request) => {
    const { scheduleId } = request.params
    return scheduleView(await (await open(request)).service.schedules.pause({ scheduleId }))
  })
  routeOperation(app, resumeSchedule, async (request) => {
    const { scheduleId } = request.params
    return scheduleView(await (await open(request)).service.schedules.resume({ scheduleId }))
  })
  routeOperation(app, runSchedule, async (request, reply) => {
    const { scheduleId } = request.params
    const { service } = await open(request)
    const record = await service.schedules.run({ scheduleId, taskId: taskId(ids.next()) })
    reply.code(201)
    return scheduleView(record)
  })
  routeOperation(app, deleteSchedule, async (request, reply) => {
    const { scheduleId } = request.params
    await (await open(request)).service.schedules.remove({ scheduleId })
    return reply.code(204).send()
  })
}

function readTiming(timing: WireTiming, now: EpochMs): Timing {
  if (timing.kind === 'cron') return { ...timing, timeZone: timing.timeZone ?? 'UTC' }
  if (timing.kind === 'once') return { kind: 'once', at: timeIn(timing.at, '/timing/at') }
  const { kind, everyMs, startAt } = timing
  return {
    kind,
    everyMs,
    startAt: startAt === undefined ? epochMs(now + everyMs) : timeIn(startAt, '/timing/startAt'),
  }
}
