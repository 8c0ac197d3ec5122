import { afterEach, describe, expect, it } from 'vitest'
import { AgentFleet } from '../helpers/chaos/agent-fleet.ts'
import { audit, describeFigures } from '../helpers/chaos/audit.ts'
import { EventFollower } from '../helpers/chaos/event-follower.ts'
import { gatherEvidence } from '../helpers/chaos/evidence.ts'
import { expectNothingWrong, printFigures, seconds } from '../helpers/chaos/report.ts'
import { ServerProcess } from '../helpers/chaos/server-process.ts'
import { SubmitLoad } from '../helpers/chaos/submit-load.ts'
import { eventually } from '../helpers/eventually.ts'

/** What the server is started with after each kill: both durabilities survive the death of the process. */
const RESTARTS = ['synced', 'synced', 'committed', 'committed', 'synced'] as const
const SUBMITS_PER_SECOND = 200
const AGENTS = 20
/** Answered between two kills, so that each hits a server at work. */
const ACCEPTED_BETWEEN_KILLS = 300

describe('a server with the embedded store', () => {
  const toClose: { close: () => Promise<void> }[] = []
  afterEach(async () => {
    for (const part of toClose.splice(0).toReversed()) await part.close()
  })

  it('loses nothing it accepted when it is killed five times at work', async () => {
    const server = await ServerProcess.start()
    toClose.push(server)
    const urls = [server.url]
    const fleet = await AgentFleet.start({ urls, count: AGENTS })
    toClose.push(fleet)
    const follower = new EventFollower({ urls })
    const load = new SubmitLoad({ urls, perSecond: SUBMITS_PER_SECOND }).start()
    toClose.push(load)
    const recoveriesMs: number[] = []

    const acceptMore = async (): Promise<void> => {
      const goal = load.accepted.length + ACCEPTED_BETWEEN_KILLS
      await eventually(() => load.accepted.length >= goal, {
        timeoutMs: 30_000,
        what: `${goal} accepted submits`,
      })
    }
    for (const durability of RESTARTS) {
      await acceptMore()
      const killedAt = performance.now()
      await server.kill9()
      const before = load.accepted.length
      await server.restart({ AMOS_DURABILITY: durability })
      await eventually(() => load.accepted.length > before, {
        timeoutMs: 10_000,
        what: 'a submit to be answered',
      })
      recoveriesMs.push(performance.now() - killedAt)
    }
    await acceptMore()
    await load.stop()

    const report = audit(await gatherEvidence({ urls, load, fleet, follower }))
    printFigures(
      'embedded, 5 × kill -9',
      describeFigures(report.figures),
      `from kill to the next accepted submit ${recoveriesMs.map(seconds).join(', ')}`,
    )
    expectNothingWrong(report)
    expect(follower.interruptions).toBeGreaterThanOrEqual(RESTARTS.length)
    expect(new Set(load.accepted.map(({ durability }) => durability))).toEqual(
      new Set(['synced', 'committed']),
    )
  })
})
