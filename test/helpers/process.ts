import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { eventually } from './eventually.ts'
import { findExecutable } from './find-executable.ts'

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))
const TSX_LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const LINES_MAX = 10_000

export interface SpawnOptions {
  /** The repository's root by default. */
  readonly cwd?: string
  /** Added to the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Opens a channel for `child.send` and `process.send`; off by default. */
  readonly hasChannel?: boolean
}

export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface WaitOptions {
  /** 20 000 by default: a cold start from sources on a busy two-core machine. */
  readonly timeoutMs?: number
}

const running = new Set<OwnedProcess>()

// The group, so that the processes our processes started go too.
process.once('exit', () => {
  for (const { pid } of running) killGroup(pid)
})

/** Starts a program that ends with this process at the latest, even when this process is itself killed. */
export function spawnProcess(
  file: string,
  args: readonly string[],
  options: SpawnOptions = {},
): OwnedProcess {
  const command = endingWithUs([file, ...args])
  const child = spawn(command[0] ?? file, command.slice(1), {
    cwd: options.cwd ?? REPOSITORY,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.hasChannel ? (['ipc'] as const) : [])],
    detached: true,
  })
  const owned = new OwnedProcess(child, [file, ...args].join(' '))
  running.add(owned)
  void owned.exited.then(() => running.delete(owned))
  return owned
}

/** Runs one of our TypeScript sources, given by its path from the repository's root, in a Node of its own. */
export function spawnSource(
  entry: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): OwnedProcess {
  const source = fileURLToPath(new URL(entry, pathToFileURL(REPOSITORY)))
  return spawnProcess(
    process.execPath,
    ['--import', TSX_LOADER, '--conditions=source', source, ...args],
    options,
  )
}

/** Whether it still runs: one that has ended and only waits for its parent to notice does not. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** Orphans of a container whose first process collects nobody stay in the process table for good. */
function isZombie(pid: number): boolean {
  try {
    // `pid (name) state …`, where the name may hold anything.
    return /\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** A real child process. Its `pid` is that of the program itself, so that signals hit the program. */
export class OwnedProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** Settles once the process is gone and its output is read to the end; never rejects. */
  readonly exited: Promise<ProcessExit>
  readonly #command: string
  readonly #lines: string[] = []
  #exit: ProcessExit | undefined

  constructor(child: ChildProcess, command: string) {
    // Without a listener a program that cannot be started would end the test process.
    child.on('error', (error) => this.#keep(`${error.name}: ${error.message}`))
    if (child.pid === undefined) throw new Error(`could not start ${command}`)
    this.child = child
    this.pid = child.pid
    this.#command = command
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#keep(line))
    }
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal }
        resolve(this.#exit)
      })
    })
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** Standard output and standard error, line by line as they came; the newest 10 000 lines. */
  get output(): string {
    return this.#lines.join('\n')
  }

  /** Resolves with the first line, already printed or still to come, that holds or matches `pattern`. */
  waitForLine(pattern: string | RegExp, options: WaitOptions = {}): Promise<string> {
    const matches = (line: string): boolean =>
      typeof pattern === 'string' ? line.includes(pattern) : line.search(pattern) !== -1
    return this.#waitFor(() => this.#lines.find(matches), `to print ${pattern}`, options)
  }

  /** Resolves once a GET of `url` is answered with a 2xx status. */
  async waitForHttp(url: string, options: WaitOptions = {}): Promise<void> {
    await this.#waitFor(() => answersOk(url), `to answer ${url}`, options)
  }

  /** SIGKILL, and waits until the process is gone. */
  kill9(): Promise<ProcessExit> {
    this.#signal('SIGKILL')
    return this.exited
  }

  /** SIGTERM, and waits; throws when it had to be killed after `graceMs`, 15 000 by default. */
  async stop({ graceMs = 15_000 } = {}): Promise<ProcessExit> {
    this.#signal('SIGTERM')
    // A paused process would never see the SIGTERM.
    this.#signal('SIGCONT')
    let isOverdue = false
    const timer = setTimeout(() => {
      isOverdue = true
      this.#signal('SIGKILL')
    }, graceMs)
    const exit = await this.exited
    clearTimeout(timer)
    if (isOverdue) throw new Error(`${this.#command} did not stop within ${graceMs} ms:\n${this.output}`)
    return exit
  }

  /** SIGSTOP: silent for everybody, while its sockets stay open. */
  pause(): void {
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(signal)
  }

  #keep(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > LINES_MAX) this.#lines.shift()
  }

  /** Gives up as soon as the process is gone: nothing more can come of it. */
  async #waitFor<T>(probe: () => T | Promise<T>, what: string, { timeoutMs = 20_000 }: WaitOptions) {
    const describe = (): string => `${this.#command} (pid ${this.pid}) ${what}; it printed:\n${this.output}`
    const found = await eventually(
      async () => {
        // Read before the probe, so that the last words of a process still count.
        const exit = this.#exit
        const answer = await probe()
        return answer || (exit === undefined ? undefined : exit)
      },
      { timeoutMs, what: describe },
    )
    if (found === this.#exit) throw new Error(`gone before its time: ${describe()}`)
    return found as Exclude<typeof found, ProcessExit>
  }
}

/**
 * `setpriv` (util-linux, part of every Debian) has the kernel kill the program when its parent dies, and then
 * becomes that program under the same pid. Without it a SIGKILL of the test process leaves children behind.
 */
function endingWithUs(command: readonly string[]): readonly string[] {
  const setpriv = findExecutable('setpriv')
  return setpriv === undefined ? command : [setpriv, '--pdeathsig', 'KILL', ...command]
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
