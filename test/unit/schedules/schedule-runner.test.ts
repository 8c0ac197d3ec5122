import { describe, expect, it } from 'vitest'
import type { SwarmEvent } from '#domain/model/events.ts'
import { epochMs, jsonText } from '#domain/model/ids.ts'
import type { CreateScheduleRequest } from '#domain/schedules/schedule-service.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { dataOf } from '../../helpers/event-data.ts'
import { sampleSpec } from '../../helpers/sample-records.ts'
import { anAgent, Cluster, eventsOf, SCOPE, type TestNode } from '../domain/cluster.ts'

const MINUTE = 60_000

function schedule(cluster: Cluster, changes: Partial<CreateScheduleRequest> = {}): CreateScheduleRequest {
  return {
    scheduleId: 'tick',
    description: '',
    timing: { kind: 'interval', everyMs: MINUTE, startAt: epochMs(cluster.clock.now() + MINUTE) },
    spec: sampleSpec(),
    payload: jsonText('{"n":1}'),
    overlap: 'allow',
    missedRuns: 'skip',
    isPaused: false,
    ...changes,
  }
}

const ofType = (events: readonly SwarmEvent[], type: string) => events.filter((event) => event.type === type)

async function takeOver(cluster: Cluster): Promise<TestNode> {
  const node = await cluster.node()
  await cluster.pass(3_000)
  return node
}

describe('a schedule', () => {
  it('submits one task a run, with its payload, and its agent does it', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const created = await node.service.schedules.create(schedule(cluster))
    expect(created).toMatchObject({ nextRunAt: cluster.clock.now() + MINUTE, runCount: 0 })
    await cluster.pass(3 * MINUTE + 1_000)
    const ada = await anAgent('ada', node, { slots: 10 })
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(3)
    expect(ada.assignments[0]).toMatchObject({ payload: '{"n":1}', spec: { type: sampleSpec().type } })
    const { taskId } = ada.assignments[2]!
    expect(await node.swarm.reader.schedule('tick')).toMatchObject({ runCount: 3, lastRun: { taskId } })
    expect(await node.swarm.reader.task(taskId)).toMatchObject({ scheduleId: 'tick' })
  })

  it.each([1, 2])(
    'starts each run once while nodes die across fire times and steps go unanswered, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed)
      let isFaulty = false
      const cluster = new Cluster({
        faultFor: () =>
          isFaulty && random.next() < 0.3
            ? { fail: random.next() < 0.5 ? 'after_commit' : 'before_commit' }
            : undefined,
      })
      let node = await cluster.node()
      const first = cluster.clock.now() + MINUTE
      await node.service.schedules.create(schedule(cluster))
      for (let minute = 0; minute < 8; minute += 1) {
        isFaulty = true
        // Up to a second before a fire time; the takeover comes after it.
        await cluster.pass(MINUTE - 1_000 + Math.floor(random.next() * 900) - (minute > 0 ? 3_000 : 0))
        isFaulty = false
        node.die()
        node = await takeOver(cluster)
        await cluster.pass(1_000 - ((cluster.clock.now() - first) % 1_000))
      }
      await cluster.pass(MINUTE)
      const runs = ofType(await eventsOf(node), 'schedule.ran')
      const tasks = ofType(await eventsOf(node), 'task.submitted')
      expect(new Set(runs.map((run) => dataOf(run, 'taskId'))).size).toBe(runs.length)
      expect(tasks).toHaveLength(runs.length)
      // Every fire time that has passed has its run, and no other.
      const fired = runs.map((run) => Math.round((run.time - Number(dataOf(run, 'lateMs')) - first) / MINUTE))
      const passed = Math.floor((cluster.clock.now() - first) / MINUTE) + 1
      expect(fired).toEqual(Array.from({ length: passed }, (_, index) => index))
    },
  )

  it('leaves out what was missed during a long stop, or runs once for all of it', async () => {
    const cluster = new Cluster()
    const before = await cluster.node()
    await before.service.schedules.create(schedule(cluster, { scheduleId: 'skips' }))
    await before.service.schedules.create(schedule(cluster, { scheduleId: 'runs', missedRuns: 'run_once' }))
    await cluster.pass(MINUTE + 1_000)
    before.die()
    await cluster.pass(10.5 * MINUTE)
    const after = await takeOver(cluster)
    const reader = after.swarm.reader
    // The newest run may be recent; all before it are missed.
    const runsBefore = ofType(await eventsOf(after), 'schedule.ran').map(({ subject }) => subject)
    expect(runsBefore.filter((id) => id === 'runs')).toHaveLength(2)
    expect(await reader.schedule('skips')).toMatchObject({ skippedCount: 1 })
    expect(await reader.schedule('runs')).toMatchObject({ skippedCount: 1, runCount: 2 })
  })

  it('skips a run while the task of the last one is not over', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.schedules.create(schedule(cluster, { overlap: 'skip' }))
    await cluster.pass(3 * MINUTE + 1_000)
    expect(await node.swarm.reader.schedule('tick')).toMatchObject({ runCount: 1, skippedCount: 2 })
    const ada = await anAgent('ada', node)
    await cluster.pass(0)
    await ada.complete(ada.assignments[0]!)
    await cluster.pass(MINUTE)
    expect(await node.swarm.reader.schedule('tick')).toMatchObject({ runCount: 2, skippedCount: 2 })
  })

  it('runs when asked, also while it is paused, and moves no other run', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const { schedules } = node.service
    const { nextRunAt } = await schedules.create(schedule(cluster, { isPaused: true }))
    await cluster.pass(30_000)
    const run = { scheduleId: 'tick', taskId: 'now-1' as never }
    expect(await schedules.run(run)).toMatchObject({ nextRunAt, runCount: 1, lastRun: { taskId: 'now-1' } })
    expect(await schedules.run(run)).toMatchObject({ runCount: 1 })
    await cluster.pass(5 * MINUTE)
    expect(await node.swarm.reader.schedule('tick')).toMatchObject({ runCount: 1 })
    await schedules.resume({ scheduleId: 'tick' })
    await cluster.pass(MINUTE)
    expect((await node.swarm.reader.schedule('tick')).runCount).toBeGreaterThanOrEqual(2)
  })

  it('runs once at a time, and never again', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const at = epochMs(cluster.clock.now() + 10 * MINUTE)
    await node.service.schedules.create(schedule(cluster, { timing: { kind: 'once', at } }))
    await cluster.pass(10 * MINUTE - 1)
    expect(await node.swarm.reader.schedule('tick')).toMatchObject({ runCount: 0, nextRunAt: at })
    await cluster.pass(2)
    const ran = await node.swarm.reader.schedule('tick')
    expect(ran).toMatchObject({ runCount: 1, lastRun: { fireAt: at } })
    expect(ran.nextRunAt).toBeUndefined()
  })

  it('is created once: the same again is answered, another one of the same id is refused', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const { schedules } = node.service
    const created = await schedules.create(schedule(cluster))
    expect(await schedules.create(schedule(cluster))).toEqual(created)
    await expect(schedules.create(schedule(cluster, { payload: jsonText('2') }))).rejects.toMatchObject({
      code: 'schedule_exists',
    })
    const bad = schedule(cluster, {
      scheduleId: 'bad',
      timing: { kind: 'cron', expression: '61 * * * *', timeZone: 'UTC' },
    })
    await expect(schedules.create(bad)).rejects.toMatchObject({ code: 'schedule_unsound' })
    const past = schedule(cluster, { scheduleId: 'past', timing: { kind: 'once', at: epochMs(0) } })
    await expect(schedules.create(past)).rejects.toMatchObject({ code: 'schedule_unsound' })
    await schedules.remove({ scheduleId: 'tick' })
    await cluster.pass(5 * MINUTE)
    expect(ofType(await eventsOf(node), 'schedule.ran')).toEqual([])
    await expect(schedules.remove({ scheduleId: 'tick' })).rejects.toMatchObject({
      code: 'schedule_not_found',
    })
  })

  it('costs nothing while it waits: one timer for 2 000, and no step for ten minutes', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const timers = cluster.clock.timerCount
    const timing = { kind: 'cron', expression: '0 3 1 1 *', timeZone: 'Europe/Berlin' } as const
    const ids = Array.from({ length: 2_000 }, (_, index) => `s-${index}`)
    await Promise.all(
      ids.map((scheduleId) => node.service.schedules.create(schedule(cluster, { scheduleId, timing }))),
    )
    expect(cluster.clock.timerCount).toBe(timers + 1)
    const before = (await node.infra.store.readEvents(SCOPE, 0, 1)).lastSequence
    await cluster.pass(10 * MINUTE)
    expect((await node.infra.store.readEvents(SCOPE, 0, 1)).lastSequence).toBe(before)
  })
})
