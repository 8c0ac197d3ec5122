/**
 * Packs the project as `npm publish` would, from a clone that is not built, installs the package in a clean folder, and
 * lets another project type-check against it and run with it.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
const consumer = mkdtempSync(join(tmpdir(), 'amos-package-'))
try {
  // The package must build itself: without its `prepack` script it would be packed without `dist`, and without a word.
  rmSync(join(projectRoot, 'dist'), { recursive: true, force: true })
  const printed = run(projectRoot, 'npm', ['pack', '--json', '--pack-destination', consumer])
  // Some versions of npm print the output of the build before the JSON.
  const packed = JSON.parse(printed.slice(printed.search(/^\[/m))) as readonly {
    readonly filename: string
    readonly files: readonly { readonly path: string }[]
  }[]
  const [tarball] = packed
  if (!tarball) throw new Error('npm pack made nothing')
  for (const needed of ['bin/amos.js', 'dist/index.js', 'dist/cli/main.js', 'dist/sdk/browser.js']) {
    if (!tarball.files.some(({ path }) => path === needed)) throw new Error(`the package lacks ${needed}`)
  }
  const stray = tarball.files.filter(({ path }) =>
    /^(?:src|test|bench)\/|\.tsbuildinfo$|\/\.check\//.test(path),
  )
  if (stray.length > 0) throw new Error(`the package ships ${stray.map(({ path }) => path).join(', ')}`)

  cpSync(join(projectRoot, 'scripts/package-consumer'), consumer, { recursive: true })
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  run(consumer, 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball.filename}`])
  run(consumer, join(projectRoot, 'node_modules/.bin/tsc'), [
    '-p',
    '.',
    '--typeRoots',
    join(projectRoot, 'node_modules/@types'),
  ])
  process.stdout.write(run(consumer, process.execPath, ['use-amos-swarm.js']))
  process.stdout.write(run(consumer, join(consumer, 'node_modules/.bin/amos'), ['--help']))
} finally {
  rmSync(consumer, { recursive: true, force: true })
}

function run(cwd: string, file: string, args: readonly string[]): string {
  return execFileSync(file, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 180_000,
  })
}
