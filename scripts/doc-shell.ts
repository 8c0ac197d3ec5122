import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const READY = /listening|is ready|answers with|open http|Ready to accept connections/
const READY_WITHIN_MS = 60_000
const BLOCK_WITHIN_MS = 120_000
const STOPPED_WITHIN_MS = 20_000
const DONE = 'amos-docs-block-done'

/** A process with children of its own, that is ended as Ctrl-C ends a terminal's. */
export class DocProcess {
  readonly child: ChildProcess
  output = ''
  readonly #lineListeners = new Set<(line: string) => void>()

  constructor(command: readonly [string, ...string[]], cwd: string) {
    const [file, ...args] = command
    this.child = spawn(file, args, { cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.output += `${line}\n`
        for (const listener of this.#lineListeners) listener(line)
      })
    }
  }

  /** @throws Error when the line does not come in time, or the process ends before it */
  async waitForLine(pattern: RegExp, withinMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${why} before ${pattern} came:\n${this.output}`))
      const timer = setTimeout(() => fail(`${withinMs} ms passed`), withinMs)
      this.child.once('exit', (code) => fail(`the process ended with ${code}`))
      this.#lineListeners.add((line) => {
        if (!pattern.test(line)) return
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Resolves when all its processes have ended: a server outlives the shell that started it, and holds its port. */
  async stop(): Promise<void> {
    const { pid } = this.child
    if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return
    const killAt = performance.now() + STOPPED_WITHIN_MS
    while (signalGroup(pid, performance.now() < killAt ? 0 : 'SIGKILL')) await sleep(50)
  }
}

/** @returns false where the group has no process any more */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

/** Starts a block that goes on, and waits until it says that it is ready. */
export async function startServerBlock(text: string, cwd: string): Promise<DocProcess> {
  const started = new DocProcess(['bash', '-euc', text], cwd)
  await started.waitForLine(READY, READY_WITHIN_MS)
  return started
}

/** One shell into which the blocks of a document are pasted one after the other. */
export class DocShell {
  readonly #shell: DocProcess

  constructor(cwd: string) {
    this.#shell = new DocProcess(['bash', '-euo', 'pipefail', '-s'], cwd)
  }

  /** @returns what the block printed. @throws Error when a command fails */
  async paste(text: string): Promise<string> {
    const before = this.#shell.output.length
    const done = this.#shell.waitForLine(new RegExp(DONE), BLOCK_WITHIN_MS)
    this.#shell.child.stdin?.write(`${text}\necho ${DONE}\n`)
    await done
    return this.#shell.output.slice(before).replace(`${DONE}\n`, '')
  }

  stop(): Promise<void> {
    return this.#shell.stop()
  }
}
