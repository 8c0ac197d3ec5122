import { describe, expect, it } from 'vitest'
import { runScenario } from '../../../bench/harness/run.ts'
import type { Contender, Sample, Scenario } from '../../../bench/harness/scenario.ts'

const EFFORT = { rounds: 3, scale: 1 }

/** The first value is the warm-up's. */
function contender(name: string, values: readonly number[], diary: string[] = []): Contender {
  const left = [...values]
  const round = async (): Promise<Sample> => {
    const time = left.shift()
    if (time === undefined) throw new Error(`${name} broke down`)
    diary.push(name)
    return { time }
  }
  return {
    name,
    about: '',
    open: async () => ({ round, close: async () => void diary.push(`close ${name}`) }),
  }
}

function scenario(...contenders: Contender[]): Scenario {
  const metrics = [{ name: 'time', unit: 'ms', better: 'lower' }] as const
  return { name: 'trial', title: 'Trial', metrics, baseline: 'base', contenders }
}

const run = (...contenders: Contender[]) => runScenario(scenario(...contenders), EFFORT, () => undefined)

describe('runScenario', () => {
  it('takes the median of the rounds and leaves the warm-up out', async () => {
    const { contenders } = await run(contender('base', [999, 10, 30, 20]))
    expect(contenders).toMatchObject([
      { status: 'measured', figures: { time: { median: 20, min: 10, max: 30, ratio: 1 } } },
    ])
  })

  it('compares within a round, so that a slow moment of the machine does not count', async () => {
    // The second round is ten times slower for both.
    const { contenders } = await run(contender('base', [1, 10, 100, 10]), contender('ours', [1, 20, 200, 20]))
    expect(contenders[1]).toMatchObject({ figures: { time: { ratio: 2 } } })
  })

  it('lets them take turns, another one first each round, and closes them all', async () => {
    const diary: string[] = []
    const values = [1, 1, 1, 1]
    await run(contender('base', values, diary), contender('ours', values, diary))
    expect(diary).toEqual([
      'base',
      'ours',
      'base',
      'ours',
      'ours',
      'base',
      'base',
      'ours',
      'close base',
      'close ours',
    ])
  })

  it('reports one that breaks down or is absent, and measures the others', async () => {
    const absent: Contender = { ...contender('absent', []), absence: 'not installed' }
    const { contenders } = await run(contender('base', [1, 1]), contender('ours', [1, 2, 2, 2]), absent)
    expect(contenders[0]).toMatchObject({ status: 'failed', reason: 'base broke down' })
    expect(contenders[1]).toMatchObject({
      status: 'measured',
      figures: { time: { median: 2, ratio: Number.NaN } },
    })
    expect(contenders[2]).toMatchObject({ status: 'absent', reason: 'not installed' })
  })
})
