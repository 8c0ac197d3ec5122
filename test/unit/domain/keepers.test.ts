import { describe, expect, it } from 'vitest'
import { CircuitBreaker } from '#domain/agents/circuit-breaker.ts'
import { PendingClaim } from '#domain/agents/pending-claim.ts'
import { Reminders } from '#domain/kernel/reminders.ts'
import { TimerQueue } from '#domain/kernel/timer-queue.ts'
import type { Assignment } from '#domain/model/assignment.ts'
import { fencingToken } from '#domain/model/fencing-token.ts'
import { agentId, monotonicMs, nodeId, swarmEpoch, taskId } from '#domain/model/ids.ts'
import type { TaskLease } from '#domain/model/task-record.ts'
import { FailureDetector } from '#domain/presence/failure-detector.ts'
import { LeaseKeeper } from '#domain/tasks/lease-keeper.ts'
import { ManualClock } from '#simulation/manual-clock.ts'

const ada = agentId('ada')
const t1 = taskId('t1')
const t2 = taskId('t2')

function lease(count: number, leaseMs = 10_000): TaskLease {
  const epoch = swarmEpoch(1)
  return {
    agentId: ada,
    fencingToken: fencingToken(epoch, count),
    ownerNodeId: nodeId('node-1'),
    nodeEpoch: epoch,
    leaseMs,
  }
}

describe('LeaseKeeper', () => {
  function setup() {
    const clock = new ManualClock()
    const ends: string[] = []
    const keeper = new LeaseKeeper({
      clock,
      onEnd: (taskId, { fencingToken }, end) =>
        ends.push(`${clock.monotonic()} ${taskId} ${fencingToken - lease(0).fencingToken} ${end}`),
    })
    return { clock, ends, keeper }
  }

  it('ends a lease that is not renewed, on the monotonic clock whatever the wall clock says', () => {
    const { clock, ends, keeper } = setup()
    keeper.begin(t1, lease(1), 60_000)
    clock.jumpWallClock(3_600_000)
    clock.advance(9_000)
    expect(keeper.renew(t1, ada, lease(1).fencingToken)).toBe(true)
    clock.jumpWallClock(-7_200_000)
    clock.advance(9_999)
    expect(ends).toEqual([])
    clock.advance(1)
    expect(ends).toEqual(['19000 t1 1 lease_expired'])
  })

  it('renews for the holder under the newest token alone', () => {
    const { keeper } = setup()
    keeper.begin(t1, lease(1), 60_000)
    keeper.begin(t1, lease(2), 60_000)
    expect(keeper.renew(t1, ada, lease(1).fencingToken)).toBe(false)
    expect(keeper.renew(t1, agentId('bob'), lease(2).fencingToken)).toBe(false)
    expect(keeper.renew(t2, ada, lease(2).fencingToken)).toBe(false)
    expect(keeper.renew(t1, ada, lease(2).fencingToken)).toBe(true)
  })

  it('never lasts past the timeout of the attempt', () => {
    const { clock, ends, keeper } = setup()
    keeper.begin(t1, lease(1), 12_000)
    clock.advance(9_000)
    keeper.renew(t1, ada, lease(1).fencingToken)
    clock.advance(3_000)
    expect(ends).toEqual(['12000 t1 1 timeout'])
  })

  it('leaves a newer lease alone when an older one is ended', () => {
    const { clock, ends, keeper } = setup()
    keeper.begin(t1, lease(1), 60_000)
    keeper.begin(t1, lease(2), 60_000)
    keeper.end(t1, lease(1).fencingToken)
    expect(keeper.leaseOf(t1)).toEqual(lease(2))
    keeper.end(t1, lease(2).fencingToken)
    clock.advance(60_000)
    expect([keeper.leaseOf(t1), ends]).toEqual([undefined, []])
  })
})

describe('FailureDetector', () => {
  function setup() {
    const clock = new ManualClock()
    const seen: string[] = []
    const detector = new FailureDetector(
      { reconnectGraceMs: 1_000, leaseMs: () => 10_000 },
      {
        clock,
        onSuspect: (id) => seen.push(`${clock.monotonic()} ${id} suspect`),
        onGone: (id) => seen.push(`${clock.monotonic()} ${id} gone`),
      },
    )
    return { clock, seen, detector }
  }

  it('suspects after half a lease of silence and gives up after a whole one', () => {
    const { clock, seen, detector } = setup()
    detector.heard(ada)
    clock.advance(4_000)
    detector.heard(ada)
    clock.advance(60_000)
    expect(seen).toEqual(['9000 ada suspect', '14000 ada gone'])
    expect(detector.isWatching(ada)).toBe(false)
  })

  it('gives up after the grace period when the agent closed its channel, unless it is back', () => {
    const { clock, seen, detector } = setup()
    detector.heard(ada)
    detector.closed(ada)
    clock.advance(999)
    detector.heard(ada)
    clock.advance(1)
    expect(seen).toEqual(['0 ada suspect'])
    detector.closed(ada)
    clock.advance(60_000)
    expect(seen.slice(1)).toEqual(['1000 ada suspect', '2000 ada gone'])
  })

  it('gives an agent that is awaited a whole lease, in silence', () => {
    const { clock, seen, detector } = setup()
    detector.heard(ada)
    clock.advance(4_000)
    detector.awaited(ada)
    clock.advance(60_000)
    expect(seen).toEqual(['14000 ada gone'])
  })

  it('says nothing of an agent it was told to forget', () => {
    const { clock, seen, detector } = setup()
    detector.heard(ada)
    detector.forget(ada)
    clock.advance(60_000)
    expect(seen).toEqual([])
  })
})

describe('CircuitBreaker', () => {
  const at = monotonicMs

  it('opens after so many failures in a row, and a success in between begins the count anew', () => {
    const breaker = new CircuitBreaker({ failuresMax: 3, cooldownMs: 1_000 })
    expect([breaker.onFailure(at(0)), breaker.onFailure(at(0)), breaker.onSuccess()]).toEqual([
      false,
      false,
      false,
    ])
    expect([breaker.onFailure(at(1)), breaker.onFailure(at(2)), breaker.onFailure(at(3))]).toEqual([
      false,
      false,
      true,
    ])
    expect([breaker.state(at(3)), breaker.allows(at(3)), breaker.remainingMs(at(503))]).toEqual([
      'open',
      false,
      500,
    ])
  })

  it('lets one trial through after the cooldown, which decides', () => {
    const breaker = new CircuitBreaker({ failuresMax: 1, cooldownMs: 1_000 })
    breaker.onFailure(at(0))
    expect([breaker.allows(at(999)), breaker.allows(at(1_000))]).toEqual([false, true])
    breaker.onStart(at(1_000))
    expect(breaker.allows(at(1_000))).toBe(false)
    expect(breaker.onFailure(at(1_100))).toBe(true)
    expect([breaker.allows(at(2_099)), breaker.allows(at(2_100))]).toEqual([false, true])
    breaker.onStart(at(2_100))
    breaker.onNeutral()
    expect(breaker.allows(at(2_100))).toBe(true)
    breaker.onStart(at(2_100))
    expect(breaker.onSuccess()).toBe(true)
    expect(breaker.state(at(2_100))).toBe('closed')
  })

  it('is not opened anew by failures of work handed over before it opened', () => {
    const breaker = new CircuitBreaker({ failuresMax: 1, cooldownMs: 1_000 })
    breaker.onFailure(at(0))
    expect(breaker.onFailure(at(900))).toBe(false)
    expect(breaker.allows(at(1_000))).toBe(true)
  })
})

describe('PendingClaim', () => {
  const assignment = { taskId: t1 } as unknown as Assignment

  function setup(countMax: number) {
    const answers: (readonly Assignment[])[] = []
    return {
      answers,
      claim: new PendingClaim({ claimId: 'c', countMax }, (assignments) => answers.push(assignments)),
    }
  }

  it('answers with the first that was written, and those written beside it', () => {
    const { answers, claim } = setup(3)
    claim.reserve()
    claim.reserve()
    expect(claim.room).toBe(1)
    claim.settle(assignment)
    expect(answers).toEqual([])
    claim.settle(assignment)
    expect([answers, claim.room]).toEqual([[[assignment, assignment]], 0])
  })

  it('waits on where nothing came of an assignment', () => {
    const { answers, claim } = setup(1)
    claim.reserve()
    claim.settle(undefined)
    expect([answers, claim.room]).toEqual([[], 1])
    claim.end()
    expect(answers).toEqual([[]])
  })

  it('takes nothing more once its time is over, but waits for what is being written', () => {
    const { answers, claim } = setup(2)
    claim.reserve()
    claim.end()
    expect([answers, claim.room]).toEqual([[], 0])
    claim.settle(assignment)
    expect(answers).toEqual([[assignment]])
  })
})

describe('Reminders', () => {
  it('ring once, unless they are canceled or everything stops', () => {
    const clock = new ManualClock()
    const rung: string[] = []
    const reminders = new Reminders({ clock })
    reminders.set(10, () => rung.push('kept'))
    reminders.set(10, () => rung.push('canceled'))()
    clock.advance(10)
    reminders.set(10, () => rung.push('stopped'))
    reminders.stop()
    reminders.set(10, () => rung.push('too late'))
    clock.advance(100)
    expect([rung, clock.timerCount]).toEqual([['kept'], 0])
  })
})

describe('TimerQueue', () => {
  it('holds no more memory than its alarms need, however often they are set and deleted', () => {
    const clock = new ManualClock()
    const queue = new TimerQueue<string>(() => undefined, { clock })
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < 300_000; index += 1) {
      queue.set(`key-${index % 100}`, 86_400_000)
      queue.delete(`key-${index % 100}`)
    }
    expect(queue.size).toBe(0)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(25_000_000)
  })

  it('is over once it was cleared: what is set after that never rings', () => {
    const clock = new ManualClock()
    const rung: string[] = []
    const queue = new TimerQueue<string>((key) => rung.push(key), { clock })
    queue.set('before', 10)
    queue.clear()
    queue.set('after', 10)
    clock.advance(100)
    expect([rung, clock.timerCount]).toEqual([[], 0])
  })
})
