import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

describe('schedules over REST', () => {
  let node: TestNode
  let client: SwarmClient

  beforeAll(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
  })
  afterAll(() => node.close())

  const task = { type: 'report', capabilities: ['nobody'], payload: { n: 1 }, labels: { by: 'clock' } }

  it('submit their task when they fall due, and when asked', async () => {
    const at = new Date(Date.now() + 3_000).toISOString()
    const created = await client.schedules.create({ scheduleId: 'soon', timing: { kind: 'once', at }, task })
    expect(created).toMatchObject({ nextRunAt: at, overlap: 'skip', missedRuns: 'skip', runCount: 0 })
    const ran = await eventually(async () => {
      const schedule = await client.schedules.get('soon')
      return schedule.lastRun !== undefined && schedule
    })
    expect(ran).toMatchObject({ runCount: 1, lastRun: { fireAt: at } })
    expect(ran.nextRunAt).toBeUndefined()
    expect(await client.getTask(ran.lastRun!.taskId)).toMatchObject({
      type: 'report',
      payload: { n: 1 },
      labels: { by: 'clock' },
      scheduleId: 'soon',
    })
    const again = await client.schedules.run('soon')
    expect(again.runCount).toBe(2)
    expect(await client.getTask(again.lastRun!.taskId)).toMatchObject({ phase: 'queued' })
  })

  it('name the next run of a cron expression in its zone', async () => {
    const timing = { kind: 'cron', expression: '30 4 * * *', timeZone: 'Europe/Berlin' } as const
    const { nextRunAt } = await client.schedules.create({ scheduleId: 'nightly', timing, task })
    const local = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' })
    expect(local.format(new Date(nextRunAt!))).toBe('04:30')
    expect(await client.schedules.pause('nightly')).toMatchObject({ isPaused: true })
    expect((await client.schedules.list()).schedules.map(({ scheduleId }) => scheduleId)).toContain('nightly')
    await client.schedules.delete('nightly')
    await expect(client.schedules.get('nightly')).rejects.toMatchObject({ code: 'schedule_not_found' })
  })

  it.each([
    [{ kind: 'cron', expression: 'whenever' }, 'schedule_unsound'],
    [{ kind: 'cron', expression: '0 0 * * *', timeZone: 'Mars/Base' }, 'schedule_unsound'],
    [{ kind: 'interval', everyMs: 1 }, 'validation_failed'],
    [{ kind: 'once', at: 'tomorrow' }, 'validation_failed'],
  ])('refuse %j with %s', async (timing, code) => {
    await expect(
      client.schedules.create({ scheduleId: 'bad', timing: timing as never, task }),
    ).rejects.toMatchObject({ code })
  })
})
