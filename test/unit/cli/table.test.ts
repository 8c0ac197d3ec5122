import { describe, expect, it } from 'vitest'
import { formatDuration } from '../../../src/cli/output/durations.ts'
import { renderTable } from '../../../src/cli/output/table.ts'

describe('renderTable', () => {
  it('aligns columns to their widest cell and leaves no blanks at line ends', () => {
    const rows = [
      { name: 'a', count: 1_000, note: '' },
      { name: 'longer', count: 7, note: 'as long as it likes' },
    ]
    const table = renderTable<(typeof rows)[number]>(
      [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'COUNT', align: 'right', value: ({ count }) => String(count) },
        { title: 'NOTE', value: ({ note }) => note },
      ],
      rows,
    )
    expect(table.split('\n')).toEqual([
      'NAME    COUNT  NOTE',
      'a        1000',
      'longer      7  as long as it likes',
    ])
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [7.4, '7 ms'],
    [1_449, '1.4 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [350_000_000, '4 d 1 h'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
