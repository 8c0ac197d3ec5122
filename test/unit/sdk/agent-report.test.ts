import { describe, expect, it } from 'vitest'
import { completion, failureOf, release } from '#sdk/agent/agent-report.ts'
import { rawJson } from '#sdk/json/raw-json.ts'

const HELD = { taskId: 't1', fencingToken: 1 }

describe('what an agent reports', () => {
  it('cuts long text between characters', () => {
    const long = `x${'😀'.repeat(3_000)}`
    expect(failureOf(HELD, new Error(long))).toMatchObject({ failure: { message: long.slice(0, 4_095) } })
    expect(release(HELD, long)).toMatchObject({ reason: long.slice(0, 1_023) })
  })

  it('replaces half of a surrogate pair, which the swarm refuses', () => {
    expect(failureOf(HELD, new Error('x\ud83d'))).toMatchObject({ failure: { message: 'x\ufffd' } })
    expect(release(HELD, '\ude00x')).toMatchObject({ reason: '\ufffdx' })
  })

  it('writes a result as the handler returned it', () => {
    expect(completion(HELD, rawJson('{"n":1e400}'))).toMatchObject({ resultText: '{"n":1e400}' })
    expect(completion(HELD, { n: rawJson('-0'), text: '\ud83d' })).toMatchObject({
      resultText: String.raw`{"n":-0,"text":"\ud83d"}`,
    })
  })
})
