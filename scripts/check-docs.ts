/**
 * Tries the shell blocks of the documents word for word, in a fresh clone: each section in a shell of its own, one
 * block after the other, as a reader pastes them. It needs the ports 3000, 6379, 8080 and 11434.
 *
 * The words behind the language of a block say how it is tried:
 *
 * - none: the block must end well, and no answer in its output may be a problem document;
 * - `server`: the block goes on until the end of the section; with `redis` or `model` behind it, a Redis or a language
 *   model is started first;
 * - `stream`: the block must print something, and is interrupted then;
 * - `ci`: CI runs the commands elsewhere, itself or in a test; npm scripts among them must exist.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DocBlock, docBlocks } from './doc-blocks.ts'
import { DocProcess, DocShell, startServerBlock } from './doc-shell.ts'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'amos-docs-'))
const clone = join(scratch, 'clone')
try {
  execFileSync('git', ['clone', '--quiet', projectRoot, clone])
  symlinkSync(join(projectRoot, 'node_modules'), join(clone, 'node_modules'))
  const listed = execFileSync('git', ['ls-files', '*.md'], { cwd: clone, encoding: 'utf8' })
  for (const path of listed.trim().split('\n')) {
    const blocks = docBlocks(readFileSync(join(clone, path), 'utf8')).filter(
      ({ language }) => language === 'sh',
    )
    if (blocks.length === 0) continue
    for (const section of new Set(blocks.map((block) => block.section)))
      await trySection(
        path,
        blocks.filter((block) => block.section === section),
      )
    process.stdout.write(`${path}: ${blocks.length} blocks\n`)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function trySection(path: string, blocks: readonly DocBlock[]): Promise<void> {
  const shell = new DocShell(clone)
  const stops: (() => Promise<void>)[] = [() => shell.stop()]
  try {
    for (const block of blocks) {
      try {
        await tryBlock(block, shell, stops)
      } catch (error) {
        throw new Error(`${path}:${block.line}: ${(error as Error).message}`, { cause: error })
      }
    }
  } finally {
    for (const stop of stops.toReversed()) await stop()
  }
  rmSync(join(clone, 'amos-data'), { recursive: true, force: true })
}

async function tryBlock(
  { words, text }: DocBlock,
  shell: DocShell,
  stops: (() => Promise<void>)[],
): Promise<void> {
  const [kind] = words
  if (kind === 'ci') {
    expectScripts(text)
    return
  }
  if (words.includes('redis')) stops.push(await startRedis())
  if (words.includes('model')) stops.push(await startModel())
  if (kind === 'server') {
    const server = await startServerBlock(text, clone)
    stops.push(() => server.stop())
    return
  }
  if (kind === 'stream') {
    // It reads the variables that the blocks before it set, so that the shell itself starts it.
    const printed = await shell.paste(`timeout --signal=INT 3 ${text} || test $? -eq 124`)
    if (printed.trim() === '') throw new Error('it printed nothing')
    return
  }
  const printed = await shell.paste(text)
  if (printed.includes('urn:amos:problem:')) throw new Error(`a request was refused:\n${printed}`)
}

function expectScripts(text: string): void {
  const { scripts } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, name = 'test'] of text.matchAll(/npm (?:run (\S+)|test)/g)) {
    if (scripts[name] === undefined) throw new Error(`package.json has no script ${name}`)
  }
}

async function startRedis(): Promise<() => Promise<void>> {
  const options = ['--port', '6379', '--appendonly', 'yes', '--appendfsync', 'always', '--dir', scratch]
  const redis = new DocProcess(['redis-server', '--bind', '127.0.0.1', ...options], scratch)
  await redis.waitForLine(/Ready to accept connections/, 10_000)
  return () => redis.stop()
}

/** Answers every question as a language model does. */
async function startModel(): Promise<() => Promise<void>> {
  const answer = { choices: [{ message: { content: 'Because.' } }], usage: { total_tokens: 7 } }
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(11_434, '127.0.0.1', resolve))
  return () => new Promise((resolve) => server.close(() => resolve()))
}
