import { readFile } from 'node:fs/promises'

/** What an agent program is started with. */
export interface AgentProgramOptions {
  readonly urls: readonly string[]
  readonly agentId: string
  readonly slots: number
  /** The file it writes its journal to. */
  readonly journal: string
  /** How long a task takes whose payload does not say. */
  readonly workMs: number
}

/** A task was begun. Written before the work, by the process that does it. */
export interface Execution {
  readonly type: 'execution'
  readonly agentId: string
  readonly taskId: string
  readonly attempt: number
  readonly fencingToken: number
  readonly at: number
}

/** One line of an agent's journal. Times are milliseconds since the epoch: all processes share one clock. */
export type JournalEntry =
  | Execution
  /** The swarm refused what the agent said of a task, or took it away. */
  | LostTask
  | { readonly type: 'connected'; readonly agentId: string; readonly url: string; readonly at: number }
  | { readonly type: 'trouble'; readonly agentId: string; readonly message: string; readonly at: number }
  /** The agent is over although nobody closed it. */
  | { readonly type: 'ended'; readonly agentId: string; readonly reason: string; readonly at: number }

export interface LostTask {
  readonly type: 'lost'
  readonly agentId: string
  readonly taskId: string
  readonly reason: string
  readonly at: number
}

export async function readJournal(path: string): Promise<readonly JournalEntry[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry)
}
