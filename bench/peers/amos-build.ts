import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))

let built: Promise<string> | undefined

/** Compiles the sources as they are now, once in a run. @returns the program that `npm install` would give to users */
export function builtServer(): Promise<string> {
  built ??= build()
  return built
}

async function build(): Promise<string> {
  await promisify(execFile)('npx', ['--no-install', 'tsc', '-b', 'src'], { cwd: REPOSITORY }).catch(
    (error: Error & { stdout?: string }) => {
      throw new Error(`the server does not compile:\n${error.stdout ?? error.message}`, { cause: error })
    },
  )
  return `${REPOSITORY}dist/main.js`
}
