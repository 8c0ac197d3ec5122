/** What a program offers: functions of one argument. Arguments and answers are data that can be copied (structured clone). */
export type WorkerMethods = Readonly<Record<string, (argument: never) => unknown>>

/**
 * Code that runs off the event loop. Code does not cross to a thread, so it goes by its name: the adapter with threads
 * finds the program in the list `infra/system/workers/worker-programs.ts`.
 */
export interface WorkerProgram<Options, Methods extends WorkerMethods> {
  readonly name: string
  /** Pure: no I/O, no clock, no randomness of its own. Its methods are synchronous and may keep state between calls. */
  start(options: Options): Methods
}

/** One running program with a state of its own. */
export interface WorkerSession<Methods extends WorkerMethods> {
  /**
   * Calls run one after another, in the order in which they were made.
   *
   * @param transfer buffers of the argument that are handed over instead of copied; the caller cannot use them any more.
   * @throws whatever the method threw, a SwarmError as a SwarmError; an Error where the session is closed or lost
   */
  call<Name extends keyof Methods & string>(
    method: Name,
    argument: Parameters<Methods[Name]>[0],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Awaited<ReturnType<Methods[Name]>>>
  /** Ends the program. Calls that wait are rejected. */
  close(): void
}

/**
 * Computation that would hold the event loop for more than about 20 ms. Threads in a server, in the calling thread
 * (`kernel/inline-workers.ts`) in simulations and tests.
 */
export interface Workers {
  /** Starts a program for one call and ends it. Short jobs of all callers share threads. */
  run<Options, Methods extends WorkerMethods, Name extends keyof Methods & string>(
    program: WorkerProgram<Options, Methods>,
    options: Options,
    method: Name,
    argument: Parameters<Methods[Name]>[0],
  ): Promise<Awaited<ReturnType<Methods[Name]>>>
  /**
   * Starts a program and keeps it. Sessions share a few threads, which run no other jobs.
   *
   * @param onLost the thread died and the program's state with it; not called after `close`.
   */
  open<Options, Methods extends WorkerMethods>(
    program: WorkerProgram<Options, Methods>,
    options: Options,
    onLost: () => void,
  ): WorkerSession<Methods>
}
