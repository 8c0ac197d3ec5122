/**
 * Performs the Dockerfile's own steps in clean temporary folders, one per stage, and starts what they leave.
 *
 * It stands in for `docker build` where there is no Docker engine. What it cannot show: the base image (this machine's
 * Node is used), the user, and the steps that change the system (apt-get, install), which are printed and left out.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DockerStage, type DockerStep, parseDockerfile } from './dockerfile.ts'
import { checkServer } from './server-check.ts'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
const SYSTEM_COMMANDS = ['apt-get ', 'install ']

const buildRoot = mkdtempSync(join(tmpdir(), 'amos-image-'))
try {
  const stages = parseDockerfile(readFileSync(join(projectRoot, 'Dockerfile'), 'utf8'))
  const shipped = contextEntries()
  for (const stage of stages) buildStage(stage, shipped)
  await startImage(stages)
  console.log(`the image's steps work on Node ${process.versions.node}, and its server starts and stops`)
} finally {
  rmSync(buildRoot, { recursive: true, force: true })
}

/** What .dockerignore lets into the build: it ignores everything and names the exceptions. */
function contextEntries(): ReadonlySet<string> {
  const lines = readFileSync(join(projectRoot, '.dockerignore'), 'utf8').split('\n').filter(Boolean)
  if (lines[0] !== '*' || !lines.slice(1).every((line) => /^![\w.-]+$/.test(line))) {
    throw new Error('.dockerignore should ignore * and name top-level exceptions')
  }
  return new Set(lines.slice(1).map((line) => line.slice(1)))
}

function buildStage(stage: DockerStage, shipped: ReadonlySet<string>): void {
  let workDir = '/'
  for (const step of stage.steps) {
    console.log(`${stage.name}: ${step.instruction} ${step.text}`)
    switch (step.instruction) {
      case 'WORKDIR':
        workDir = step.text
        mkdirSync(inStage(stage.name, workDir), { recursive: true })
        break
      case 'COPY':
        copy(stage, workDir, step, shipped)
        break
      case 'RUN':
        run(stage, workDir, step)
        break
      case 'ENV':
      case 'USER':
      case 'VOLUME':
      case 'EXPOSE':
      case 'STOPSIGNAL':
      case 'HEALTHCHECK':
      case 'ENTRYPOINT':
      case 'CMD':
        break
      default:
        throw new Error(`do not know how to perform ${step.instruction}`)
    }
  }
}

function copy(stage: DockerStage, workDir: string, step: DockerStep, shipped: ReadonlySet<string>): void {
  const from = step.words.find((word) => word.startsWith('--from='))?.slice('--from='.length)
  const paths = step.words.filter((word) => !word.startsWith('--'))
  const destination = paths.at(-1) ?? '.'
  for (const path of paths.slice(0, -1)) {
    if (from === undefined && !shipped.has(path)) throw new Error(`.dockerignore keeps out ${path}`)
    const source = from === undefined ? join(projectRoot, path) : inStage(from, path)
    const target = destination.endsWith('/') ? join(destination, basename(path)) : destination
    cpSync(source, inStage(stage.name, join(workDir, target)), { recursive: true, verbatimSymlinks: true })
  }
}

function run(stage: DockerStage, workDir: string, step: DockerStep): void {
  if (SYSTEM_COMMANDS.some((prefix) => step.text.startsWith(prefix))) {
    console.log('  (changes the system: left out here)')
    return
  }
  execFileSync('/bin/sh', ['-c', step.text], {
    cwd: inStage(stage.name, workDir),
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function startImage(stages: readonly DockerStage[]): Promise<void> {
  const last = stages.at(-1)
  const commandOf = (instruction: string) =>
    last?.steps.find((step) => step.instruction === instruction)?.words ?? []
  const [program, ...args] = commandOf('CMD')
  if (!last || program === undefined) throw new Error('the last stage has no CMD')
  const assigned = last.steps.filter((step) => step.instruction === 'ENV').map((step) => step.text.split('='))
  const cwd = inStage(last.name, last.steps.findLast((step) => step.instruction === 'WORKDIR')?.text ?? '/')
  if (existsSync(join(cwd, 'src'))) throw new Error('the image should not ship the sources')
  await checkServer([program, ...args], {
    cwd,
    env: { ...cleanEnvironment(), ...(Object.fromEntries(assigned) as Record<string, string>) },
  })
}

/** Only what a container would have: nothing of this checkout may leak in through NODE_OPTIONS and the like. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: process.env['HOME'] }
}

function inStage(stageName: string, path: string): string {
  return join(buildRoot, stageName, path)
}
