import { type Command, InvalidArgumentError } from 'commander'
import { environment } from '#node/config/environment.ts'
import type { Config, ConfigKey } from '#node/config/schema.ts'
import { CommandError } from '#node/exit-codes.ts'

interface ServeOptions {
  readonly host?: string
  readonly port?: string
  readonly data?: string
  readonly redis?: string
}

const HELP = `
Every setting can come from the environment; docs/configuration.md lists them all. Options win over it.
Without API keys (AMOS_API_KEYS) the server is open to this machine and listens nowhere else.
SIGTERM or Ctrl-C drains it: agents are told, answers under way are given, leases stay. A second one ends it at once.
SIGTERM first says "not ready" and serves for AMOS_DRAIN_NOTICE_MS, so that load balancers notice.

Examples:
  amos serve                                    embedded store in ./amos-data, on http://127.0.0.1:3000
  amos serve --port 8080 --data /var/lib/amos
  amos serve --redis redis://127.0.0.1:6379     one of several nodes on one Redis`

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run a server')
    .option('--host <address>', 'address to listen on; AMOS_HOST, else 127.0.0.1')
    .option('--port <number>', 'port, 0 for a free one; AMOS_PORT, else 3000', portText)
    .option('--data <dir>', "the embedded store's directory; AMOS_DATA_DIR, else ./amos-data")
    .option('--redis <url>', 'share this Redis with other nodes instead; AMOS_REDIS_URL')
    .addHelpText('after', HELP)
    .action(serve)
}

async function serve(options: ServeOptions): Promise<void> {
  // Loaded when it is needed: the other commands are clients, and start five times as fast without a server in them.
  const [{ readConfig }, { runServer }, { exitCodeOfStart }] = await Promise.all([
    import('#node/config/read-config.ts'),
    import('#node/run-server.ts'),
    import('#node/start-failure.ts'),
  ])
  try {
    const settings = readConfig(environment, overrides(options))
    const about = describe(settings.config)
    await runServer(settings, (url) => process.stderr.write(`amos: listening on ${url} (${about})\n`))
  } catch (error) {
    const exitCode = exitCodeOfStart(error)
    throw exitCode === undefined ? error : new CommandError((error as Error).message, exitCode)
  }
}

function overrides({ host, port, data, redis }: ServeOptions): Partial<Record<ConfigKey, string>> {
  return {
    ...(host === undefined ? {} : { AMOS_HOST: host }),
    ...(port === undefined ? {} : { AMOS_PORT: port }),
    ...(data === undefined ? {} : { AMOS_DATA_DIR: data }),
    ...(redis === undefined ? {} : { AMOS_REDIS_URL: redis }),
  }
}

function describe({ AMOS_REDIS_URL: redis, AMOS_DATA_DIR: dataDir, AMOS_API_KEYS: keys }: Config): string {
  const store = redis === undefined ? `embedded store in ${dataDir}` : 'on Redis'
  return keys === undefined ? `${store}, open to this machine` : store
}

function portText(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text
  throw new InvalidArgumentError('Not a port.')
}
