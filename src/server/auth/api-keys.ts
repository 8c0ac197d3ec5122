import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { MONITOR, ROLES } from '#contract/operations/access.ts'
import { closedObject } from '#contract/schema.ts'
import { type TenantId, tenantId } from '#domain/model/ids.ts'
import type { ClientPrincipal } from './principal.ts'
import { hashesMatch, secretHash } from './secret-hash.ts'

const KEY_LENGTH_MIN = 16
const ROLE_NAMES = [...ROLES, MONITOR] as const

const ApiKeyEntry = closedObject({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  tenant: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
  roles: Type.Array(Type.Union(ROLE_NAMES.map((role) => Type.Literal(role))), {
    minItems: 1,
    maxItems: ROLE_NAMES.length,
  }),
  key: Type.Optional(Type.String({ minLength: KEY_LENGTH_MIN, maxLength: 256, pattern: '^[\\x21-\\x7e]+$' })),
  keySha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
})
const ApiKeyEntries = Type.Array(ApiKeyEntry, { minItems: 1, maxItems: 10_000 })

interface ApiKey {
  readonly hash: string
  readonly principal: ClientPrincipal
}

/** The server's API keys, of which it keeps hashes only. */
export class ApiKeys {
  readonly #keys: readonly ApiKey[]

  private constructor(keys: readonly ApiKey[]) {
    this.#keys = keys
  }

  /**
   * Reads `[{ "name", "tenant", "roles": […], "key" }, …]`; `keySha256`, in lower-case hex, may stand for `key`.
   * @throws Error that names the first thing wrong with it, and never a key
   */
  static parse(text: string): ApiKeys {
    const entries = parseEntries(text)
    const names = new Set(entries.map(({ name }) => name))
    if (names.size !== entries.length) throw new Error('API keys: two have the same name')
    const keys = entries.map(toApiKey)
    refuseSharedKeys(keys)
    return new ApiKeys(keys)
  }

  get count(): number {
    return this.#keys.length
  }

  get tenants(): readonly TenantId[] {
    return [...new Set(this.#keys.map(({ principal }) => principal.tenant))]
  }

  /** Equal on every node with the same keys and unknown to everybody else: a seed for other secrets. */
  get seed(): string {
    return secretHash(
      this.#keys
        .map(({ hash }) => hash)
        .toSorted()
        .join('\n'),
    )
  }

  /** @param hash SHA-256 of the key that is shown */
  find(hash: string): ClientPrincipal | undefined {
    let found: ClientPrincipal | undefined
    // All are compared, whichever matches, so that the time taken tells nothing.
    for (const candidate of this.#keys) if (hashesMatch(hash, candidate.hash)) found = candidate.principal
    return found
  }
}

function parseEntries(text: string): Static<typeof ApiKeyEntries> {
  let entries: unknown
  try {
    entries = JSON.parse(text)
  } catch (error) {
    throw new Error('API keys: not JSON', { cause: error })
  }
  const wrong = Value.Errors(ApiKeyEntries, entries).First()
  if (wrong !== undefined)
    throw new Error(`API keys: ${wrong.path === '' ? 'the list' : wrong.path} ${wrong.message}`)
  return entries as Static<typeof ApiKeyEntries>
}

function toApiKey({ name, tenant, roles, key, keySha256 }: Static<typeof ApiKeyEntry>): ApiKey {
  if ((key === undefined) === (keySha256 === undefined)) {
    throw new Error(`API keys: ${name} needs one of key and keySha256`)
  }
  const role = ROLES.findLast((candidate) => roles.includes(candidate))
  const isMonitor = roles.includes(MONITOR)
  const hash = keySha256 ?? secretHash(key ?? '')
  return { hash, principal: { kind: 'client', name, tenant: tenantId(tenant), role, isMonitor } }
}

/** One key is one caller: of two entries with the same key one would be without effect, perhaps the other tenant's. */
function refuseSharedKeys(keys: readonly ApiKey[]): void {
  const nameOf = new Map<string, string>()
  for (const { hash, principal } of keys) {
    const other = nameOf.get(hash)
    if (other !== undefined) throw new Error(`API keys: ${other} and ${principal.name} have the same key`)
    nameOf.set(hash, principal.name)
  }
}
