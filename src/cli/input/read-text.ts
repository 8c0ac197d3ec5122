import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { buffer as readStream } from 'node:stream/consumers'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'

/** U+FFFD, which stands where bytes were not UTF-8. */
const REPLACEMENT = '\ufffd'
/** Where Linux shows the bytes of the arguments. */
const ARGUMENT_BYTES = '/proc/self/cmdline'

/**
 * The text of an argument, of the file that `@path` names, or of standard input for `-`.
 *
 * @param name of the argument, for people
 * @throws CommandError where the file cannot be read, or the text is not UTF-8
 */
export async function readText(given: string, name: string): Promise<string> {
  if (given === '-') return decode(await readStream(process.stdin), name)
  return given.startsWith('@') ? readTextFile(given.slice(1), name) : given
}

/** @throws CommandError where the file cannot be read, or is not UTF-8 */
export async function readTextFile(path: string, name: string): Promise<string> {
  try {
    return decode(await readFile(path), name)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError((error as Error).message, EXIT_CODES.usage)
  }
}

/** @throws CommandError where the bytes of the arguments were not UTF-8: Node has replaced them already */
export function refuseDamagedArguments(given: readonly string[]): void {
  if (given.some((text) => text.includes(REPLACEMENT)) && !areArgumentsUtf8()) throw notUtf8('arguments')
}

/** @returns false also where the bytes cannot be looked at: text that may be damaged is not sent */
function areArgumentsUtf8(): boolean {
  try {
    return isUtf8(readFileSync(ARGUMENT_BYTES))
  } catch {
    return false
  }
}

function decode(bytes: Buffer, name: string): string {
  if (!isUtf8(bytes)) throw notUtf8(name)
  return bytes.toString()
}

function notUtf8(name: string): CommandError {
  return new CommandError(`${name}: the text is not valid UTF-8`, EXIT_CODES.usage)
}
