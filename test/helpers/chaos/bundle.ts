import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { isProcessAlive } from '../process.ts'

const REPOSITORY = new URL('../../../', import.meta.url)
/** Inside the repository, so that packages outside a bundle, our own among them, are found from there. */
const FOLDER = fileURLToPath(new URL('tmp/programs/', REPOSITORY))

const THREAD = 'src/infra/system/workers/worker-thread.ts'

const bundles = new Map<string, Promise<string>>()

process.once('exit', () => rmSync(folderOfThisProcess(), { recursive: true, force: true }))

export interface BundleOptions {
  /** Packages that stay outside: those with binaries. By default everything goes into the one file. */
  readonly external?: readonly string[]
}

/**
 * Makes one JavaScript file of a program of ours, given by its path from the repository's root, and returns where it is.
 *
 * Node starts it in a sixth of the time that it takes from the sources: twenty agents on two cores in three seconds.
 */
export function bundle(entry: string, { external = [] }: BundleOptions = {}): Promise<string> {
  const made = bundles.get(entry) ?? makeBundle(entry, external)
  bundles.set(entry, made)
  return made
}

async function makeBundle(entry: string, external: readonly string[]): Promise<string> {
  removeAbandonedFolders()
  // Two programs may have the same name in different folders.
  const outfile = join(folderOfThisProcess(), dirname(entry), `${basename(entry, '.ts')}.mjs`)
  await buildFile(entry, outfile, external)
  // A server starts its threads from a file beside its own.
  if (entry === 'src/main.ts') await buildFile(THREAD, join(dirname(outfile), 'worker-thread.js'), external)
  return outfile
}

async function buildFile(entry: string, outfile: string, external: readonly string[]): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL(entry, REPOSITORY))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    external: [...external],
    logLevel: 'silent',
    // Packages in CommonJS ask for Node's own modules by `require`, which a module does not have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })
}

/** One for each, since two test runs of different sources may be under way. */
function folderOfThisProcess(): string {
  return join(FOLDER, String(process.pid))
}

/** A test runner may be killed, and its `exit` handler with it: the next run tidies up. */
function removeAbandonedFolders(): void {
  if (!existsSync(FOLDER)) return
  for (const owner of readdirSync(FOLDER)) {
    if (!isProcessAlive(Number(owner))) rmSync(join(FOLDER, owner), { recursive: true, force: true })
  }
}
