import { describe, expect, it } from 'vitest'
import { spawnSource } from '../../helpers/process.ts'

interface LoggedError {
  readonly type: string
  readonly message: string
  readonly stack: string
}

describe('pino logger', () => {
  it('writes what an error says, whichever of the two names it goes by', async () => {
    const program = spawnSource('test/unit/infra/programs/log-error.ts')
    await program.exited
    const lines = program.output.split('\n').map((line) => JSON.parse(line) as Record<string, LoggedError>)
    expect(lines).toHaveLength(2)
    for (const logged of [lines[0]?.['error'], lines[1]?.['err']]) {
      expect(logged).toMatchObject({ type: 'TypeError', message: 'it broke: deep down' })
      expect(logged?.stack).toContain('log-error.ts')
    }
  })
})
