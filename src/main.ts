#!/usr/bin/env node
import { environment } from '#node/config/environment.ts'
import { readConfig } from '#node/config/read-config.ts'
import { EXIT_CODES } from '#node/exit-codes.ts'
import { runServer } from '#node/run-server.ts'
import { exitCodeOfStart } from '#node/start-failure.ts'

// The server process, set up by the environment alone: what a container runs. `amos serve` is the same with options.
try {
  await runServer(readConfig(environment), () => undefined)
} catch (error) {
  process.stderr.write(`amos: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = exitCodeOfStart(error) ?? EXIT_CODES.failed
}
