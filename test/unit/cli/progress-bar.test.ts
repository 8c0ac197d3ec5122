import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ProgressBar } from '../../../src/cli/output/progress-bar.ts'

function streamOf(isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly written: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream & PassThrough
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { stream, written: () => text }
}

describe('ProgressBar', () => {
  it('prints a line for each quarter where there is no terminal', () => {
    const { stream, written } = streamOf(false)
    const bar = new ProgressBar('reviewing', stream)
    for (let done = 0; done <= 1_000; done++) bar.update(done, 1_000)
    bar.update(1_000, 1_000)
    bar.end()
    expect(written().split('\n')).toEqual([
      'reviewing   0 %, 0 of 1000',
      'reviewing  25 %, 250 of 1000',
      'reviewing  50 %, 500 of 1000',
      'reviewing  75 %, 750 of 1000',
      'reviewing 100 %, 1000 of 1000',
      '',
    ])
  })

  it('redraws one line on a terminal, and clears it at the end', () => {
    const { stream, written } = streamOf(true)
    const bar = new ProgressBar('reviewing', stream)
    bar.update(1, 2)
    bar.update(2, 2)
    bar.end()
    const frames = written().split('\r\u001b[K')
    expect(frames).toHaveLength(4)
    expect(frames[1]).toMatch(/^reviewing █{15}░{15} {2}50 % {2}1 of 2$/)
    expect(frames[2]).toMatch(/^reviewing █{30} 100 % {2}2 of 2$/)
    expect(frames[3]).toBe('')
  })
})
