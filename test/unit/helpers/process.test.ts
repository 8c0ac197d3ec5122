import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { isProcessAlive, type OwnedProcess, spawnProcess, spawnSource } from '../../helpers/process.ts'

const PROGRAMS = 'test/unit/helpers/programs'

describe('OwnedProcess', { timeout: 30_000 }, () => {
  const started: OwnedProcess[] = []
  const start = (...args: string[]): OwnedProcess => {
    const program = spawnSource(`${PROGRAMS}/speaker.ts`, args)
    started.push(program)
    return program
  }
  afterEach(async () => {
    await Promise.all(started.splice(0).map((program) => program.kill9()))
  })

  it('runs a TypeScript source, waits for its line and for its HTTP answer, and stops it', async () => {
    const program = start()
    const line = await program.waitForLine(/^listening on/)
    await program.waitForHttp(line.replace('listening on ', ''))
    expect(program.isRunning).toBe(true)
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    expect(program.isRunning).toBe(false)
  })

  it('tells at once, with the output, when the process ends before the line comes', async () => {
    const begun = performance.now()
    await expect(start('--fail').waitForLine('listening on')).rejects.toThrow(
      /gone before its time[^]*going down/,
    )
    expect(performance.now() - begun).toBeLessThan(15_000)
  })

  it('tells, with the output, when a line does not come in time', async () => {
    const program = start()
    await program.waitForLine('listening on')
    await expect(program.waitForLine('never said', { timeoutMs: 50 })).rejects.toThrow(
      /waited 50 ms in vain for .*never said[^]*listening on/,
    )
  })

  it('kills with SIGKILL the very process, not a wrapper around it', async () => {
    const program = start()
    await program.waitForLine('listening on')
    expect(await program.kill9()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(isProcessAlive(program.pid)).toBe(false)
  })

  it('keeps a paused process silent until it is resumed, and stops one that is paused', async () => {
    const program = start()
    const url = (await program.waitForLine('listening on')).replace('listening on ', '')
    program.pause()
    await expect(fetch(url, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/)
    program.resume()
    expect((await fetch(url)).status).toBe(200)
    program.pause()
    expect(await program.stop()).toEqual({ code: 0, signal: null })
  })

  it('says so when a process ignores SIGTERM, and leaves none behind', async () => {
    const program = start('--deaf')
    await program.waitForLine('listening on')
    await expect(program.stop({ graceMs: 100 })).rejects.toThrow(/did not stop within 100 ms/)
    expect(isProcessAlive(program.pid)).toBe(false)
  })

  it('fails with the name of a program that does not exist', async () => {
    const outcome = async (): Promise<string> => spawnProcess('/no/such/program', []).waitForLine('anything')
    await expect(outcome()).rejects.toThrow('/no/such/program')
  })

  it('takes its children along when the process that started them is killed', async () => {
    const parent = spawnSource(`${PROGRAMS}/parent.ts`)
    started.push(parent)
    const grandchild = Number((await parent.waitForLine('pid ')).replace('pid ', ''))
    expect(isProcessAlive(grandchild)).toBe(true)
    await parent.kill9()
    await eventually(() => !isProcessAlive(grandchild), { what: `the end of ${grandchild}` })
  })
})
