import type { WorkerMethods, WorkerProgram, WorkerSession, Workers } from '../ports/workers.ts'

/** Runs programs in the calling thread, at the end of the current turn: for simulations and tests. */
export class InlineWorkers implements Workers {
  async run<Options, Methods extends WorkerMethods, Name extends keyof Methods & string>(
    program: WorkerProgram<Options, Methods>,
    options: Options,
    method: Name,
    argument: Parameters<Methods[Name]>[0],
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const session = this.open(program, options)
    const answer = await session.call(method, argument)
    session.close()
    return answer
  }

  open<Options, Methods extends WorkerMethods>(
    program: WorkerProgram<Options, Methods>,
    options: Options,
  ): WorkerSession<Methods> {
    const methods = program.start(options)
    let isClosed = false
    return {
      call: async (method, argument) => {
        await Promise.resolve()
        if (isClosed) throw new Error(`the worker session of ${program.name} is closed`)
        return (await methods[method]?.(argument)) as never
      },
      close: () => {
        isClosed = true
      },
    }
  }
}
