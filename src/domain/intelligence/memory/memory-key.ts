import { utf8 } from '../../consensus/utf8.ts'

/** UTF-8 bytes of a key. */
export const KEY_BYTES_MAX = 128
/** What a store's id may hold as it is. `%` marks the others, and `:` ends a namespace and a key. */
const PLAIN = /^[!-$&-.0-9;-~]*$/
const NAMESPACE = /^@?[a-z0-9][a-z0-9-]{0,62}$/
/** Begins the name of the namespace that is one agent's own. */
const PRIVATE_MARK = '@'
/** Taken by the addresses of the API. */
const RESERVED: ReadonlySet<string> = new Set(['search'])

/** Why a text cannot be a key, or undefined where it can. Everything else is plain data, `__proto__` included. */
export function keyFault(key: string): string | undefined {
  if (key === '') return 'a key has at least one character'
  // Every program that reads an address takes these for steps in a path, in whatever way they are escaped.
  if (key === '.' || key === '..') return 'the keys . and .. cannot be part of an address'
  if (/\p{Cc}/u.test(key)) return 'a key has no control characters'
  if (/\p{Cs}/u.test(key)) return 'a key has no half of a surrogate pair'
  const bytes = utf8(key).length
  return bytes > KEY_BYTES_MAX
    ? `a key has at most ${KEY_BYTES_MAX} bytes of UTF-8, this one has ${bytes}`
    : undefined
}

export function namespaceFault(name: string): string | undefined {
  if (RESERVED.has(name)) return `the name ${name} is reserved`
  return NAMESPACE.test(name)
    ? undefined
    : 'a namespace is named with 1 to 63 lower-case letters, digits and hyphens, after @ for that of one agent'
}

/** The agent whose own the namespace is. */
export function ownerOf(namespace: string): string | undefined {
  return namespace.startsWith(PRIVATE_MARK) ? namespace.slice(PRIVATE_MARK.length) : undefined
}

/**
 * The key as part of a store's id. Keys with a common beginning have ids with a common beginning.
 */
export function encodeKey(key: string): string {
  if (PLAIN.test(key)) return key
  return Array.from(key, (character) => (PLAIN.test(character) ? character : escaped(character))).join('')
}

function escaped(character: string): string {
  return Array.from(utf8(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
