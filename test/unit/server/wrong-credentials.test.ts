import { describe, expect, it } from 'vitest'
import { WrongCredentials } from '#server/auth/wrong-credentials.ts'
import { RequestError } from '#server/problem/request-error.ts'
import { ManualClock } from '#simulation/manual-clock.ts'

const GOOD = 'good'

function setUp(perMinuteMax: number) {
  const clock = new ManualClock()
  const limits = new WrongCredentials({ wrongCredentialsPerMinuteMax: perMinuteMax }, { clock })
  let lookUps = 0
  const attempt = (credential: string, address = '192.0.2.1'): Promise<string> =>
    limits
      .limit(address, credential, async () => {
        lookUps += 1
        await Promise.resolve()
        if (credential === 'broken') throw new Error('the store does not answer')
        if (credential !== GOOD) throw new RequestError('unauthorized', 'no')
        return 'in'
      })
      .catch((error: unknown) => (error instanceof RequestError ? error.code : 'failed'))
  return { clock, attempt, lookUps: () => lookUps, limits }
}

describe('WrongCredentials', () => {
  it('looks up no more wrong credentials of one address a minute than it may', async () => {
    const { clock, attempt, lookUps } = setUp(10)
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => attempt(`wrong-${index}`)))
    expect(answers.filter((answer) => answer === 'unauthorized')).toHaveLength(10)
    expect(answers.filter((answer) => answer === 'rate_limited')).toHaveLength(190)
    expect(lookUps()).toBe(10)
    clock.advance(6_000)
    expect(await attempt('wrong')).toBe('unauthorized')
    expect(await attempt('wrong')).toBe('rate_limited')
    expect(await attempt('wrong', '192.0.2.2')).toBe('unauthorized')
  })

  it('says when the next one is looked up', async () => {
    const { attempt, limits } = setUp(2)
    await attempt('a')
    await attempt('b')
    await expect(limits.limit('192.0.2.1', 'c', async () => 'in')).rejects.toMatchObject({
      code: 'rate_limited',
      options: { retryAfterMs: 30_000 },
    })
  })

  it('lets a credential in that was valid from the same address before', async () => {
    const { attempt } = setUp(5)
    expect(await attempt(GOOD)).toBe('in')
    for (let count = 0; count < 20; count += 1) await attempt('wrong')
    expect(await attempt(GOOD)).toBe('in')
    expect(await attempt('another')).toBe('rate_limited')
  })

  it('counts neither valid credentials nor failures of ours', async () => {
    const { attempt } = setUp(2)
    for (let count = 0; count < 20; count += 1) {
      expect(await attempt('broken')).toBe('failed')
      expect(await attempt(GOOD, `192.0.2.${count}`)).toBe('in')
    }
    expect(await attempt('wrong')).toBe('unauthorized')
  })

  it('counts any number where it is off', async () => {
    const { attempt } = setUp(0)
    for (let count = 0; count < 20; count += 1) expect(await attempt('wrong')).toBe('unauthorized')
  })
})
