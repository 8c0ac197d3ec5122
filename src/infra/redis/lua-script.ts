import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

export type ScriptArgument = string | number

/** A Lua script that Redis runs as one step: nothing else happens in between, and a kill leaves all of it or nothing. */
export class LuaScript {
  readonly #source: string
  readonly #sha: string

  /**
   * The source must begin with `#!lua`: only then does Redis refuse a script that would run out of memory, or that
   * it cannot persist, before the first write instead of between two.
   */
  constructor(source: string) {
    this.#source = source
    this.#sha = createHash('sha1').update(source).digest('hex')
  }

  async run(
    client: Redis,
    keys: readonly string[],
    scriptArguments: readonly ScriptArgument[],
  ): Promise<unknown> {
    try {
      return await client.evalsha(this.#sha, keys.length, ...keys, ...scriptArguments)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(this.#source, keys.length, ...keys, ...scriptArguments)
    }
  }
}
