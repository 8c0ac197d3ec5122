import type { Command } from 'commander'
import type { DamagedEntry, StoreReport } from '#infra/embedded/examine-store.ts'
import { environment } from '#node/config/environment.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { createOutput } from '../output/output.ts'

interface DoctorOptions {
  readonly json?: boolean
  readonly data?: string
  readonly verify?: boolean
}

/** Damaged entries in the text; `--json` has them all. */
const SHOWN_MAX = 50

const HELP = `
The server has to be stopped. Nothing in the store is changed.
Without --verify: the files, the meta pages and the order of every page, as each start of a server checks them.
With --verify: also every record and event against its checksum.
Ends with 65 where something is damaged, and with 73 where the data directory cannot be used.

Examples:
  amos doctor
  amos doctor --verify --data /var/lib/amos
  amos doctor --verify --json | jq '.damaged[]'`

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the embedded store of a stopped server')
    .option('--data <dir>', "the embedded store's directory; AMOS_DATA_DIR, else ./amos-data")
    .option('--verify', 'read every record and event')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(examine)
}

async function examine(options: DoctorOptions): Promise<void> {
  const [{ examineStore }, { createPinoLogger }, { exitCodeOfStart }] = await Promise.all([
    import('#infra/embedded/examine-store.ts'),
    import('#infra/system/pino-logger.ts'),
    import('#node/start-failure.ts'),
  ])
  const dataDir = options.data ?? environment['AMOS_DATA_DIR'] ?? './amos-data'
  const logger = createPinoLogger({ level: 'silent', fileDescriptor: 2 })
  const output = createOutput(options)
  let report: StoreReport
  try {
    report = await examineStore({ dataDir, isContentRead: options.verify === true }, { logger })
  } catch (error) {
    const exitCode = exitCodeOfStart(error)
    throw exitCode === undefined ? error : new CommandError((error as Error).message, exitCode)
  }
  output.json({ dataDir, ...report })
  output.text(render(dataDir, report))
  if (report.damaged.length > 0) process.exitCode = EXIT_CODES.storeDamaged
}

function render(dataDir: string, { storeId, format, entries, damaged }: StoreReport): string {
  const lines = [`store      ${storeId ?? 'of an earlier version'} in ${dataDir}, format ${format}`]
  lines.push('pages      every page is in order')
  if (entries === undefined) lines.push('content    not read; --verify reads it')
  else {
    const { records, open, events } = entries
    lines.push(`content    ${records} records, ${open} of them open, and ${events} events read`)
    lines.push(damaged.length === 0 ? 'checksums  all match' : `checksums  ${damaged.length} do not match:`)
  }
  lines.push(...damaged.slice(0, SHOWN_MAX).map(describe))
  if (damaged.length > SHOWN_MAX)
    lines.push(`           and ${damaged.length - SHOWN_MAX} more; --json has them all`)
  return lines.join('\n')
}

function describe({ scope, kind, id }: DamagedEntry): string {
  return `           ${kind} ${id}${scope === '' ? '' : ` of ${scope}`}`
}
