import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DemoResult } from '../../examples/code-review/demo-result.ts'
import { eventually } from '../helpers/eventually.ts'
import { type OwnedProcess, spawnSource } from '../helpers/process.ts'

/** Long enough for processes that start from source on a busy machine. */
const RUN_MS = 180_000

const BRANCHES = Array.from({ length: 12 }, (_, n) => `  if (value === ${n}) return ${n}`).join('\n')
const TREE = {
  'README.md': '# Sample\n\nSee [the manual](docs/manual.md).\n',
  'package.json':
    '{ "name": "sample", "version": "1.0.0", "license": "MIT", "dependencies": { "left-pad": "*" } }\n',
  'src/branchy.js': `export function branchy(value) {\n${BRANCHES}\n  return -1\n}\n`,
  'src/plain.js': 'export const plain = 1\n',
}

describe('the review of a source tree', { timeout: RUN_MS }, () => {
  let folder: string
  let tree: string
  let temporary: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-e2e-demo-'))
    tree = join(folder, 'tree')
    temporary = join(folder, 'tmp')
    await mkdir(temporary)
    for (const [path, text] of Object.entries(TREE)) {
      await mkdir(dirname(join(tree, path)), { recursive: true })
      await writeFile(join(tree, path), text)
    }
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  function demo(...args: string[]): OwnedProcess {
    return spawnSource('examples/code-review/main.ts', args, { env: { TMPDIR: temporary } })
  }

  /** What a demo left behind; the loader of sources has a folder there, too. */
  async function dataFolders(): Promise<string[]> {
    return (await readdir(temporary)).filter((name) => name.startsWith('amos-'))
  }

  /** Standard error holds the progress, and nothing else. */
  async function report(...args: string[]): Promise<DemoResult> {
    const run = demo('--path', tree, '--json', ...args)
    const { code } = await run.exited
    expect(code, run.output).toBe(0)
    const json = run.output
      .split('\n')
      .filter((line) => !line.startsWith('reviewing '))
      .join('\n')
    return JSON.parse(json) as DemoResult
  }

  it('reviews every file of a tree with agent processes, and tells the truth about it', {
    timeout: RUN_MS,
  }, async () => {
    const { tasks, agents, findings, timing, summary, decisions } = await report('--agents', '3')
    // Secrets for 4 files; complexity and duplication for 2; links and dependencies for 1; 4 follow-ups and the report.
    expect(tasks).toEqual({ submitted: 15, completed: 15, failed: 0, canceled: 0, deadLetter: 0 })
    expect(summary).toMatchObject({ filesReviewed: 4 })
    expect(findings.map(({ rule, path, line }) => [rule, path, line])).toEqual(
      expect.arrayContaining([
        ['complex_function', 'src/branchy.js', 1],
        ['broken_link', 'README.md', 3],
        ['wildcard_range', 'package.json', 1],
      ]),
    )
    expect(findings.some(({ path }) => path === 'src/plain.js')).toBe(false)
    expect(agents).toHaveLength(3)
    expect(new Set(agents.map(({ pid }) => pid)).size).toBe(3)
    expect(agents.reduce((sum, { completed }) => sum + completed, 0)).toBe(15)
    expect(timing.byType.reduce((sum, { count }) => sum + count, 0)).toBe(15)
    expect(decisions.length).toBeGreaterThan(1)
    for (const decision of decisions)
      expect(decision).toMatchObject({ outcome: 'approved', isVerified: true, selfCustodyQuorum: true })
    expect(await dataFolders()).toEqual([])
  })

  it.each([1, 2])(
    'loses nothing when one of %i agents is killed at work',
    { timeout: RUN_MS },
    async (count) => {
      const { tasks, killed, takeovers, agents } = await report('--agents', String(count), '--kill-one')
      expect(tasks).toMatchObject({ submitted: 15, completed: 15 })
      expect(killed?.heldTaskIds.length).toBeGreaterThan(0)
      const victim = killed?.agentId ?? ''
      expect(agents.filter(({ wasKilled }) => wasKilled).map(({ agentId }) => agentId)).toEqual([victim])
      const takenOver = takeovers.filter(({ from }) => from === victim).map(({ taskId }) => taskId)
      expect(takenOver.toSorted()).toEqual(
        expect.arrayContaining([...(killed?.heldTaskIds ?? [])].toSorted()),
      )
    },
  )

  it('has the reviewers vote, and catches the two of seven that lie', { timeout: RUN_MS }, async () => {
    const { decisions, agents } = await report('--agents', '7', '--byzantine', '2')
    const liars = agents.filter(({ isLiar }) => isLiar).map(({ agentId }) => agentId)
    expect(liars).toEqual(['reviewer-6', 'reviewer-7'])
    expect(decisions.length).toBeGreaterThan(1)
    for (const decision of decisions) expect(decision).toMatchObject({ isVerified: true })
    const byTitle = (text: string) => decisions.find(({ title }) => title.includes(text))
    expect(byTitle('branchy')).toMatchObject({ outcome: 'approved', proposedBy: 'anyone' })
    expect(byTitle('private key')).toMatchObject({ outcome: 'rejected', proposedBy: liars[0] })
    const caught = new Set(decisions.flatMap(({ evidence }) => evidence.map(({ voter }) => voter)))
    expect([...caught].toSorted()).toEqual(liars)
  })

  it('refuses more liars than honest agents can stand', async () => {
    const run = demo('--path', tree, '--agents', '6', '--byzantine', '2')
    expect((await run.exited).code).toBe(2)
  })

  it('ends everything it started at Ctrl-C', async () => {
    const run = demo('--agents', '2')
    await run.waitForLine('reviewing', { timeoutMs: 60_000 })
    const started = await processesUnder(run.pid)
    run.child.kill('SIGINT')
    expect((await run.exited).code, run.output).toBe(130)
    expect(started.length).toBeGreaterThanOrEqual(2)
    await eventually(async () => (await stillRunning(started)).length === 0)
    expect(await dataFolders()).toEqual([])
  })

  it('refuses a path that is no folder', async () => {
    const run = demo('--path', join(tree, 'README.md'))
    expect((await run.exited).code).toBe(2)
  })
})

async function processesUnder(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found: number[] = []
  for (const pid of pids) if ((await statusOf(pid)).parent === parent) found.push(pid)
  return found
}

async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const statuses = await Promise.all(pids.map(async (pid) => ({ pid, ...(await statusOf(pid)) })))
  return statuses.filter(({ state }) => state !== undefined && state !== 'Z').map(({ pid }) => pid)
}

/** Nothing of a process that is gone. */
async function statusOf(pid: number): Promise<{ readonly state?: string; readonly parent?: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return text === '' || state === undefined ? {} : { state, parent: Number(parent) }
}
