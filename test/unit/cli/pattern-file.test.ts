import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectorWindow } from '#cli/input/detector-window.ts'
import { patternsOfFile } from '#cli/input/pattern-file.ts'
import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { QueueStream } from '../../helpers/pattern-streams/queue-stream.ts'

const BEGAN_AT = Date.parse('2027-01-01T00:00:00.000Z')

describe('the detectors over an exported log', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-patterns-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function read(lines: readonly string[], windows: readonly string[] = []) {
    const path = join(folder, 'log.jsonl')
    await writeFile(path, lines.join('\n'))
    return patternsOfFile(path, detectorWindow(windows))
  }

  it('find planted herding, and name agents and evidence of the file', async () => {
    const lines = queueLog({ fresh: 600, stale: 300 })
    const { patterns, eventCount, gapCount } = await read(lines)
    expect({ eventCount, gapCount }).toEqual({ eventCount: lines.length, gapCount: 0 })
    expect(patterns).toMatchObject([{ kind: 'herding', source: '/v1/swarms/default' }])
    const [herding] = patterns
    const events = lines.map(
      (line) => JSON.parse(line) as { sequence: number; type: string; data: { agentId: string } },
    )
    for (const sequence of herding!.evidence) {
      const event = events.find((candidate) => candidate.sequence === sequence)
      expect(event?.type).toBe('amos.task.assigned')
    }
    expect(Date.parse(herding!.firstSeenAt)).toBeGreaterThan(BEGAN_AT)
  })

  it('find nothing in a log without herding, whatever the window', async () => {
    const lines = queueLog({ fresh: 900, stale: 0 })
    expect((await read(lines)).patterns).toEqual([])
    expect((await read(lines, ['herding=120', 'synchrony=20'])).patterns).toEqual([])
  })

  it('keep swarms apart, and count gaps', async () => {
    const [one, two] = [queueLog({ fresh: 300, stale: 300 }), queueLog({ fresh: 300, stale: 300 })]
    const other = two.map((line) => line.replaceAll('/v1/swarms/default', '/v1/swarms/other'))
    const mixed = one.flatMap((line, index) => [line, other[index] ?? ''])
    const gap = '{"type":"gap","fromSequence":1,"toSequence":9,"reason":"trimmed"}'
    const report = await read([gap, ...mixed])
    expect(report.gapCount).toBe(1)
    expect([...new Set(report.patterns.map(({ source }) => source))].toSorted()).toEqual([
      '/v1/swarms/default',
      '/v1/swarms/other',
    ])
  })

  it.each([
    ['no JSON', '{'],
    ['no event', '{"a": 1}'],
    ['null', 'null'],
    ['a list', '[]'],
    [
      'another type',
      '{"type":"org.example","subject":"a","sequence":1,"time":"2027-01-01T00:00:00Z","data":{}}',
    ],
    ['no time', '{"type":"amos.task.assigned","subject":"a","sequence":1,"time":"soon","data":{}}'],
    [
      'no number',
      '{"type":"amos.task.assigned","subject":"a","sequence":1.5,"time":"2027-01-01T00:00:00Z","data":{}}',
    ],
  ])('name the line that is %s', async (_, line) => {
    await expect(read(['', line])).rejects.toThrow(/log\.jsonl:2: /)
  })

  it('say that a file is not there', async () => {
    await expect(patternsOfFile(join(folder, 'missing.jsonl'), detectorWindow([]))).rejects.toThrow(/ENOENT/)
  })

  it.each(['herding', 'herding=', 'herding=5', 'herding=1e3', 'stampede=60', '__proto__=60', 'herding=-60'])(
    'refuse the window %s',
    (text) => {
      expect(() => detectorWindow([text])).toThrow(/--window/)
    },
  )
})

function queueLog({ fresh, stale }: { readonly fresh: number; readonly stale: number }): string[] {
  const stream = new QueueStream(new SeededRandom(4), { agents: 10, rate: 1 })
  const steps = Array.from({ length: fresh + stale }, (_, index) => stream.step(index >= fresh))
  return steps.flatMap(({ observations }) => observations.map(asEvent))
}

function asEvent(observation: Observation): string {
  const { kind, sequence, at } = observation
  if (kind !== 'assigned' && kind !== 'ended') throw new Error(`no event for ${kind}`)
  const { taskId, agentId } = observation
  const type = kind === 'assigned' ? 'amos.task.assigned' : 'amos.task.completed'
  const time = new Date(BEGAN_AT + at).toISOString()
  return JSON.stringify({
    type,
    subject: taskId,
    sequence,
    time,
    source: '/v1/swarms/default',
    data: { agentId, taskType: 'work' },
  })
}
