import { readFile } from 'node:fs/promises'
import { ApiKeys } from '#server/auth/api-keys.ts'
import { ConfigError } from './read-config.ts'

/** Where a server's API keys come from: the text of `AMOS_API_KEYS`, or the file it names. */
export class ApiKeySource {
  readonly #setting: string | undefined

  constructor(setting: string | undefined) {
    this.#setting = setting
  }

  /** Whether the keys can change while the server runs. The environment of a process does not. */
  get isFile(): boolean {
    return this.#setting !== undefined && !looksLikeJson(this.#setting)
  }

  /** @returns undefined where the server has no keys. @throws ConfigError, which never shows a key */
  async read(): Promise<ApiKeys | undefined> {
    if (this.#setting === undefined) return undefined
    const text = this.isFile ? await readKeyFile(this.#setting) : this.#setting
    try {
      return ApiKeys.parse(text)
    } catch (error) {
      const place = this.isFile ? ` (file ${this.#setting})` : ''
      throw new ConfigError([`AMOS_API_KEYS${place}: ${(error as Error).message}`], { cause: error })
    }
  }
}

/** JSON that is wrong is reported as such, and not as a file that does not exist: the message would show the keys. */
function looksLikeJson(setting: string): boolean {
  return /[[{"]/.test(setting)
}

async function readKeyFile(path: string): Promise<string> {
  try {
    // Editors of some systems begin a file with a byte order mark, which is no JSON.
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new ConfigError(
      [`AMOS_API_KEYS: the file ${path} cannot be read: ${READ_FAILURES[code] ?? code}`],
      { cause: error },
    )
  }
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
}
