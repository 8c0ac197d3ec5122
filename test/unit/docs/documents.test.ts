import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProgram } from '#cli/program.ts'
import { ConfigSchema } from '#node/config/schema.ts'
import { docBlocks } from '../../../scripts/doc-blocks.ts'

function tracked(...patterns: string[]): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], {
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
}

const DOCUMENTS = tracked('*.md')
const EXAMPLES = tracked('examples/*.ts').map((path) => readFileSync(path, 'utf8'))
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const COMMANDS = new Set(createProgram().commands.map((command) => command.name()))

describe.each(DOCUMENTS)('%s', (path) => {
  const text = readFileSync(path, 'utf8')

  it('shows only TypeScript that stands in an example, where it is compiled and run', () => {
    const strange = docBlocks(text)
      .filter(({ language }) => language === 'ts')
      .filter((block) => !EXAMPLES.some((example) => example.includes(block.text)))
    expect(strange.map(({ line }) => line)).toEqual([])
  })

  it('links only to files that are there', () => {
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
    const missing = targets.filter(
      (target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target)),
    )
    expect(missing).toEqual([])
  })

  it('names only scripts, commands and variables that exist', () => {
    const code = [...text.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words).join('\n')
    const unknownScripts = [...code.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)]
      .map(([, name = '']) => name)
      .filter((name) => scripts[name] === undefined)
    const unknownCommands = [...code.matchAll(/^amos ([a-z-]+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => !COMMANDS.has(name))
    const unknownVariables = [...text.matchAll(/\bAMOS_[A-Z_]+\b/g)]
      .map(([name]) => name)
      .filter((name) => !(name in ConfigSchema.properties) && !OTHER_VARIABLES.has(name))
    expect({ unknownScripts, unknownCommands, unknownVariables }).toEqual({
      unknownScripts: [],
      unknownCommands: [],
      unknownVariables: [],
    })
  })
})

/** Read by the command line, the tests and the examples, not by the server. */
const OTHER_VARIABLES = new Set(['AMOS_URL', 'AMOS_API_KEY', 'AMOS_SWARM', 'AMOS_SEED', 'AMOS_SEEDS'])
