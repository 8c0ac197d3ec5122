/** What the exit code of `amos` says; `--help` prints them. */
export const EXIT_CODES = {
  ok: 0,
  /** The work failed, or the server refused it. */
  failed: 1,
  usage: 2,
  /** No server answered. */
  unreachable: 3,
  /** The data directory holds a damaged store; EX_DATAERR of sysexits.h. */
  storeDamaged: 65,
  /** The data directory cannot be used; EX_CANTCREAT. */
  dataDirectory: 73,
  /** The store could not be written or flushed while the server ran: start it again; EX_IOERR. */
  storeFailed: 74,
  /** EX_CONFIG. */
  config: 78,
  /** Ctrl-C, as shells have it: 128 and the number of the signal. */
  interrupted: 130,
} as const

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    the work failed, or the server refused it
  2    wrong usage
  3    no server answered
  65   the store is damaged; amos doctor says more
  73   the data directory cannot be used
  74   the disk failed while the server ran: start it again
  78   wrong configuration
  130  interrupted`

/** Ends a command with a message for people and a code for scripts. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT_CODES.failed) {
    super(message)
    this.exitCode = exitCode
  }
}
