#!/usr/bin/env node
import { environment } from './cli/config/environment.ts'
import { CONFIG_EXIT_CODE, readConfig } from './cli/config/read-config.ts'
import { isWrongSetup, runServer } from './cli/run-server.ts'

// The server process, set up by the environment alone: what a container runs. `amos serve` is the same with options.
try {
  await runServer(readConfig(environment), () => undefined)
} catch (error) {
  process.stderr.write(`amos: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = isWrongSetup(error) ? CONFIG_EXIT_CODE : 1
}
