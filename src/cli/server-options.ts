import { type Command, InvalidArgumentError, Option } from 'commander'
import { environment } from '#node/config/environment.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { SwarmClient } from '#sdk/index.ts'

/** How long a command tries a server that does not answer: long enough for a restart, short enough for a person. */
const RETRY_FOR_MS = 2_000

export interface ServerOptions {
  readonly url: string
  readonly apiKey?: string
  readonly swarm: string
  readonly json?: boolean
}

/** The options of every command that talks to a server. Their variables are read here, so that help can name them. */
export function withServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'the server; AMOS_URL').default(
        environment['AMOS_URL'] || 'http://127.0.0.1:3000',
      ),
    )
    .addOption(
      // Without a default of commander's, which help would print.
      new Option('--api-key <key>', 'credential; AMOS_API_KEY, which other users of this machine cannot see'),
    )
    .addOption(
      new Option('--swarm <id>', 'the swarm; AMOS_SWARM').default(environment['AMOS_SWARM'] || 'default'),
    )
    .option('--json', 'JSON for scripts')
}

/** @throws CommandError when the URL is none */
export function connect({ url, apiKey = environment['AMOS_API_KEY'], swarm }: ServerOptions): SwarmClient {
  try {
    return new SwarmClient({ url, swarmId: swarm, retryForMs: RETRY_FOR_MS, ...(apiKey ? { apiKey } : {}) })
  } catch (error) {
    throw new CommandError(`--url: ${(error as Error).message}`, EXIT_CODES.usage)
  }
}

/** Turns an option's text into a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Not a whole number from ${min} to ${max}.`)
  }
}

/** For options that may be given several times. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
