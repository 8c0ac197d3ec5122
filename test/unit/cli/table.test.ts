import { describe, expect, it } from 'vitest'
import { formatDuration } from '../../../src/cli/output/durations.ts'
import { type Column, renderTable } from '../../../src/cli/output/table.ts'

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

  const rows = [{ id: '0123456789abcdef', state: 'queued', note: 'a'.repeat(30) + '😀'.repeat(30) }]
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { title: 'ID', isWhole: true, value: ({ id }) => id },
    { title: 'STATE', isOptional: true, value: ({ state }) => state },
    { title: 'NOTE', value: ({ note }) => note },
  ]

  it('shortens the widest column between characters, and keeps identifiers whole', () => {
    expect(renderTable(columns, rows, 62).split('\n')[1]).toBe(
      `0123456789abcdef  queued  ${'a'.repeat(30)}${'😀'.repeat(5)}…`,
    )
  })

  it('leaves optional columns out where nothing can be shortened further', () => {
    expect(renderTable(columns, rows, 30)).toBe('ID                NOTE\n0123456789abcdef  aaaaaaaaaaa…')
  })

  it('keeps an identifier whole even where the line gets too long', () => {
    expect(renderTable(columns, rows, 10)).toContain('0123456789abcdef')
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
