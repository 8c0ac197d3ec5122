import { describe, expect, it } from 'vitest'
import { judgeBars, renderResult } from '../../../bench/harness/report.ts'
import type { ContenderResult, ScenarioResult } from '../../../bench/harness/run.ts'
import type { Bar } from '../../../bench/harness/scenario.ts'
import { formatNumber } from '../../../bench/harness/table.ts'

function measured(name: string, time: number, ratio: number): ContenderResult {
  const figure = { median: time, min: time, max: time, ratio }
  const open = () => Promise.reject(new Error('not opened here'))
  return { contender: { name, about: `${name} 1.0`, open }, status: 'measured', figures: { time: figure } }
}

function absent(name: string): ContenderResult {
  return { contender: measured(name, 0, 0).contender, status: 'absent', reason: 'not installed' }
}

function result(contenders: readonly ContenderResult[], bars: readonly Bar[] = []): ScenarioResult {
  const metrics = [{ name: 'time', unit: 'ms', better: 'lower' }] as const
  const scenario = { name: 'trial', title: 'Trial', metrics, baseline: 'base', contenders: [], bars }
  return { scenario, contenders }
}

describe('renderResult', () => {
  it('prints a row for each contender, with its ratio, or why there is none', () => {
    const rendered = renderResult(
      result([measured('base', 84_210, 1), measured('ours', 0.5, 1.05), absent('nats')]),
    )
    expect(rendered.split('\n')).toEqual([
      'Trial',
      `${' '.repeat(15)}time ms  × base`,
      `${'─'.repeat(13)}  ${'─'.repeat(7)}  ${'─'.repeat(6)}`,
      `base${' '.repeat(12)}84 200    1.00`,
      `ours${' '.repeat(15)}0.5    1.05`,
      'nats (absent)',
      '  base: base 1.0',
      '  ours: ours 1.0',
      '  nats: not installed',
    ])
  })
})

describe('judgeBars', () => {
  const bar: Bar = { contender: 'ours', metric: 'time', of: 'ratio', limit: 1.1 }

  it('calls a bar met or missed, by the ratio or by the value', () => {
    const contenders = [measured('base', 10, 1), measured('ours', 12, 1.2)]
    const bars = [bar, { ...bar, of: 'value' as const, limit: 12 }]
    expect(judgeBars(result(contenders, bars))).toMatchObject([
      { actual: 1.2, isMet: false },
      { actual: 12, isMet: true },
    ])
  })

  it('gives no verdict without a figure', () => {
    expect(judgeBars(result([absent('ours')], [bar]))).toEqual([bar])
    expect(judgeBars(result([measured('ours', 1, Number.NaN)], [bar]))).toEqual([bar])
  })
})

describe('formatNumber', () => {
  it('keeps three digits and sets thousands apart', () => {
    expect([0.63123, 107.4, 84_217, 1_234_567, Number.NaN].map(formatNumber)).toEqual([
      '0.631',
      '107',
      '84 200',
      '1 230 000',
      '–',
    ])
  })
})
