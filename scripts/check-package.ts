/**
 * Packs the built project as `npm publish` would, installs it in a clean folder, and lets another project type-check
 * against it and run with it. `npm run build` must have run.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
const consumer = mkdtempSync(join(tmpdir(), 'amos-package-'))
try {
  const packed = JSON.parse(
    run(projectRoot, 'npm', ['pack', '--json', '--pack-destination', consumer]),
  ) as readonly { readonly filename: string; readonly files: readonly { readonly path: string }[] }[]
  const [tarball] = packed
  if (!tarball) throw new Error('npm pack made nothing')
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
