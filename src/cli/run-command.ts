import { type Command, CommanderError } from 'commander'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { SwarmApiError } from '#sdk/index.ts'
import { refuseDamagedArguments } from './input/read-text.ts'
import { endWhenNobodyReads } from './output/output.ts'

/** Runs the command that the process was started with, and sets its exit code. */
export async function runCommand(program: Command): Promise<void> {
  endWhenNobodyReads()
  try {
    refuseDamagedArguments(process.argv)
    await program.parseAsync()
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}

/** Says what went wrong in a line. @returns the exit code */
function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) {
    // It has said so itself; help and version are no failure.
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage
  }
  if (!(error instanceof Error)) throw error
  process.stderr.write(`amos: ${isExplained(error) ? error.message : error.stack}\n`)
  if (error instanceof CommandError) return error.exitCode
  if (!(error instanceof SwarmApiError) || error.code !== 'connection_failed') return EXIT_CODES.failed
  process.stderr.write('Is there a server? `amos serve` starts one; --url or AMOS_URL names another.\n')
  return EXIT_CODES.unreachable
}

/** Made to be read by users: by us, or by the system, whose errors have a code. Anything else is a bug of ours. */
function isExplained(error: Error): boolean {
  return 'code' in error || error instanceof CommandError
}
