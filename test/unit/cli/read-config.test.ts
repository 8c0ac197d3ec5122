import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiKeySource } from '#node/config/api-key-source.ts'
import { ConfigError, readConfig } from '#node/config/read-config.ts'
import { secretHash } from '#server/auth/secret-hash.ts'

const KEY = 'a-key-of-16-chars'
const KEYS = JSON.stringify([{ name: 'ada', tenant: 'acme', roles: ['admin'], key: KEY }])

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems
  }
}

describe('readConfig', () => {
  it.each([
    ['AMOS_APIKEYS', 'AMOS_API_KEYS'],
    ['AMOS_API_KEYES', 'AMOS_API_KEYS'],
    ['AMOS_API-KEYS', 'AMOS_API_KEYS'],
    ['AMOS__API_KEYS', 'AMOS_API_KEYS'],
    ['amos_api_keys', 'AMOS_API_KEYS'],
    ['AMOS_API_KEYS ', 'AMOS_API_KEYS'],
    ['AMSO_API_KEYS', 'AMOS_API_KEYS'],
    ['AMOSAPIKEYS', 'AMOS_API_KEYS'],
    ['AMOS_REDIS_URI', 'AMOS_REDIS_URL'],
    ['AMOS_DATADIR', 'AMOS_DATA_DIR'],
    ['AMOS_ALLOWED_ORIGIN', 'AMOS_ALLOWED_ORIGINS'],
    ['AMOS_HOTS', 'AMOS_HOST'],
    ['AMOS_XYZ', ''],
  ])('refuses %j and names %s', (name, nearest) => {
    const [problem] = problemsOf({ [name]: 'x' })
    expect(problem).toContain(`${JSON.stringify(name)} is not a setting; the nearest one is ${nearest}`)
  })

  it('names all that is wrong at once', () => {
    expect(problemsOf({ AMOS_APIKEYS: 'x', AMOS_PORT: 'x', AMOS_LEASE_MS: '1' })).toHaveLength(3)
  })

  it('lets variables pass that are those of clients, of this project or of other programs', () => {
    const others = {
      AMOS_URL: 'x',
      AMOS_SWARM: 'x',
      AMOS_SEED: '1',
      API_KEYS: 'x',
      ATMOS_HOME: 'x',
      PATH: '/',
    }
    expect(problemsOf(others)).toEqual([])
  })

  it('takes an empty text for the default, and refuses it where there is none', () => {
    expect(readConfig({ AMOS_PORT: '', AMOS_ALLOWED_ORIGINS: '' }).config.AMOS_PORT).toBe(3000)
    expect(problemsOf({ AMOS_API_KEYS: '' })).toEqual([expect.stringMatching(/^AMOS_API_KEYS: /)])
    expect(problemsOf({ AMOS_REDIS_URL: '' })).toEqual([expect.stringMatching(/^AMOS_REDIS_URL: /)])
  })

  it("refuses a client's key where the server's are missing", () => {
    expect(problemsOf({ AMOS_API_KEY: KEY })).toEqual([expect.stringContaining('AMOS_API_KEYS')])
    expect(problemsOf({ AMOS_API_KEY: KEY, AMOS_API_KEYS: KEYS })).toEqual([])
  })

  it.each(['*', 'null', 'https://a.example/', 'a.example', 'https://a.example,*', 'https://*.example'])(
    'refuses %s as an origin',
    (origin) => {
      expect(problemsOf({ AMOS_ALLOWED_ORIGINS: origin })).toHaveLength(1)
    },
  )

  it('takes origins with and without a space behind the comma', () => {
    const list = 'https://a.example, http://b.example:8080,app://c'
    expect(problemsOf({ AMOS_ALLOWED_ORIGINS: list })).toEqual([])
  })

  it('never shows what may be a secret', () => {
    expect(problemsOf({ AMOS_REDIS_URL: 'http://me:hunter2@redis' }).join()).not.toContain('hunter2')
    expect(problemsOf({ AMOS_API_KEYS: 'k' }).join()).not.toContain('"k"')
  })
})

describe('ApiKeySource', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-keys-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('reads the keys from the text or from a file, a byte order mark or not', async () => {
    const file = join(folder, 'keys.json')
    await writeFile(file, `\uFEFF${KEYS}`)
    expect((await new ApiKeySource(KEYS).read())?.find(secretHash(KEY))).toMatchObject({ name: 'ada' })
    expect((await new ApiKeySource(file).read())?.find(secretHash(KEY))).toMatchObject({ name: 'ada' })
    expect(await new ApiKeySource(undefined).read()).toBeUndefined()
  })

  it('says in a sentence what is wrong, and never shows a key', async () => {
    const broken = join(folder, 'broken.json')
    await writeFile(broken, KEYS.slice(0, -1))
    const empty = join(folder, 'empty.json')
    await writeFile(empty, '')
    const expected = [
      [join(folder, 'missing.json'), 'does not exist'],
      [folder, 'is a directory'],
      [broken, 'not JSON'],
      [empty, 'not JSON'],
      ['[]', 'the list'],
      [KEYS.slice(1, -1), 'the list'],
      [`"${KEYS}"`, 'not JSON'],
    ] as const
    for (const [setting, message] of expected) {
      const read = new ApiKeySource(setting).read()
      await expect(read).rejects.toThrow(ConfigError)
      await expect(read).rejects.toThrow(message)
      await expect(read).rejects.not.toThrow(KEY)
    }
  })
})
