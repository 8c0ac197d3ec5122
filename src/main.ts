#!/usr/bin/env node
import { environment } from './cli/config/environment.ts'
import { readConfig } from './cli/config/read-config.ts'
import { EXIT_CODES } from './cli/exit-codes.ts'
import { runServer } from './cli/run-server.ts'
import { exitCodeOfStart } from './cli/start-failure.ts'

// The server process, set up by the environment alone: what a container runs. `amos serve` is the same with options.
try {
  await runServer(readConfig(environment), () => undefined)
} catch (error) {
  process.stderr.write(`amos: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = exitCodeOfStart(error) ?? EXIT_CODES.failed
}
