/**
 * Generates a client from openapi.json in a scratch folder, type-checks it, and lets it submit and complete a task on
 * a running server. `npm run check:contract` installs the generator first.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkServer } from './server-check.ts'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
const tools = join(projectRoot, 'tools/contract-lint')
const bin = join(tools, 'node_modules/.bin')

// Inside the tools' folder, so that the client finds openapi-fetch.
const scratch = mkdtempSync(join(tools, 'scratch-'))
try {
  cpSync(join(tools, 'generated-client'), scratch, { recursive: true })
  const schema = join(scratch, 'schema.ts')
  run(join(bin, 'openapi-typescript'), ['openapi/openapi.json', '-o', schema])
  run(join(bin, 'tsc'), ['-p', scratch])
  await checkServer(
    [process.execPath, '--import', 'tsx', '--conditions=source', 'src/main.ts'],
    { cwd: projectRoot, env: process.env },
    (baseUrl) => run(process.execPath, [join(scratch, 'out/submit-and-complete.js'), baseUrl]),
  )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function run(file: string, args: readonly string[]): void {
  execFileSync(file, args, { cwd: projectRoot, stdio: 'inherit', timeout: 60_000 })
}
