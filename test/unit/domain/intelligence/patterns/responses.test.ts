import { describe, expect, it } from 'vitest'
import { SeededRandom } from '#simulation/seeded-random.ts'
import {
  cascadeResponse,
  herdingResponse,
  RespondingSwarm,
  synchronyResponse,
} from '../../../../helpers/pattern-streams/response-trials.ts'
import { TRIALS } from '../../../../helpers/pattern-streams/trials.ts'

/** Responses to waits in a circle and to ping-pong are shown on a whole swarm: see pattern-keeper.test.ts. */
describe('a response in a simulated swarm', () => {
  it.each([1, 2, 3])(
    'ends herding and brings response times back to those of the fresh rule, seed %i',
    async (seed) => {
      const fresh = await herdingResponse(seed, { isHerding: false, isResponding: true })
      const off = await herdingResponse(seed, { isHerding: true, isResponding: false })
      const on = await herdingResponse(seed, { isHerding: true, isResponding: true })
      expect(fresh.responses).toBe(0)
      expect(on.responses).toBeGreaterThan(0)
      expect(on.meanResponseS).toBeLessThanOrEqual(1.5 * fresh.meanResponseS)
      expect(off.meanResponseS).toBeGreaterThan(3 * fresh.meanResponseS)
    },
  )

  it('shortens cascades', async () => {
    const [off, on] = [await cascadeResponse(1, false), await cascadeResponse(1, true)]
    expect(off.cascades).toBeGreaterThan(20)
    expect(on.failuresAfter).toBeLessThan(0.7 * off.failuresAfter)
  })

  it.each([1, 2, 3])('ends synchrony of agents that began together, seed %i', async (seed) => {
    const [off, on] = [await synchronyResponse(seed, false), await synchronyResponse(seed, true)]
    expect(off).toMatchObject({ isActive: true })
    expect(on).toMatchObject({ isActive: false })
    expect(on.findings).toBeLessThan(off.findings / 2)
  })

  it.each(TRIALS.map((trial) => [trial.kind, trial] as const))(
    'does nothing on the null stream of %s',
    async (_, trial) => {
      const stream = trial.stream(new SeededRandom(9), { agents: trial.agents, rate: 1 })
      const swarm = new RespondingSwarm(trial.detector(trial.window), true, {})
      for (let units = 0; units < 8 * trial.window; ) {
        const step = stream.step(false)
        units += step.units
        for (const observation of step.observations) await swarm.observe(observation)
      }
      expect(swarm.responses).toEqual([])
    },
  )
})
