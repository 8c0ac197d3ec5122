import { describe, expect, it } from 'vitest'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode } from '../../helpers/test-node.ts'

const { getLiveness, getReadiness } = SYSTEM_OPERATIONS
const { listSwarms } = SWARM_OPERATIONS

describe('too much of everything', () => {
  it('answers rate_limited with Retry-After past the rate, to one client and not to the health checks', async () => {
    const node = await startTestNode({ AMOS_REQUESTS_PER_SECOND_MAX: '5' })
    const client = new ContractClient(node.url)
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.call(listSwarms)))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(10)
    expect(refused[0]!.body).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(refused[0]!.headers.get('retry-after')).toBe('1')
    const checks = await Promise.all(Array.from({ length: 20 }, () => client.call(getLiveness)))
    expect(checks.every(({ status }) => status === 200)).toBe(true)
    await eventually(async () => (await client.call(listSwarms)).status === 200)
    await node.close()
  })

  it('answers overloaded while the event loop is late, stays live, and recovers by itself', async () => {
    const node = await startTestNode({ AMOS_EVENT_LOOP_DELAY_MAX_MS: '50' })
    const client = new ContractClient(node.url)
    const hog = setInterval(() => {
      const until = performance.now() + 200
      while (performance.now() < until);
    }, 1)
    const refused = await eventually(async () => {
      const answer = await client.call(listSwarms)
      return answer.status === 503 && answer
    })
    expect(refused.body).toMatchObject({ code: 'overloaded', retryable: true })
    expect(refused.headers.get('retry-after')).toBe('1')
    expect((await client.call(getLiveness)).status).toBe(200)
    expect((await client.call(getReadiness)).status).toBe(200)
    clearInterval(hog)
    await eventually(async () => (await client.call(listSwarms)).status === 200)
    await node.close()
  })
})
