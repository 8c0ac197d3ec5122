import type { Clock } from '#domain/ports/clock.ts'
import { RequestError } from '../problem/request-error.ts'
import { secretHash } from './secret-hash.ts'

export interface WrongCredentialsOptions {
  /** Wrong credentials of one address a minute, past which its credentials are refused unread; 0 for any number. */
  readonly wrongCredentialsPerMinuteMax: number
}

const MINUTE_MS = 60_000
/** Addresses, and credentials that were valid, that are remembered; the oldest are forgotten. */
const REMEMBERED_MAX = 10_000

/**
 * Limits how many wrong credentials one address may try, by a bucket of tokens for each address. A credential is
 * refused before it is looked up once the bucket is empty, except one that was valid from the same address before: a
 * client behind the same proxy goes on working while another one guesses.
 */
export class WrongCredentials {
  readonly #perMinuteMax: number
  readonly #clock: Clock
  /** When the bucket of an address will be full again. */
  readonly #fullAt = new Map<string, number>()
  readonly #valid = new Set<string>()

  constructor(
    { wrongCredentialsPerMinuteMax: perMinuteMax }: WrongCredentialsOptions,
    { clock }: { readonly clock: Clock },
  ) {
    this.#perMinuteMax = perMinuteMax
    this.#clock = clock
  }

  /**
   * @param credential as it was shown, whatever it is
   * @throws RequestError `rate_limited`; and whatever `authenticate` throws
   */
  async limit<T>(address: string, credential: string, authenticate: () => Promise<T>): Promise<T> {
    if (this.#perMinuteMax === 0) return authenticate()
    const known = `${address} ${secretHash(credential)}`
    const wasValid = this.#valid.has(known)
    // Taken at once and given back later: of many tries at the same time no more than the limit are looked up.
    if (!wasValid) this.#take(address)
    try {
      const found = await authenticate()
      if (!wasValid) this.#giveBack(address)
      remember(this.#valid, known)
      return found
    } catch (error) {
      const isWrong = error instanceof RequestError && error.code === 'unauthorized'
      if (isWrong) this.#valid.delete(known)
      else if (!wasValid) this.#giveBack(address)
      throw error
    }
  }

  get #refillMs(): number {
    return MINUTE_MS / this.#perMinuteMax
  }

  #take(address: string): void {
    const now = this.#clock.monotonic()
    const fullAt = Math.max(now, this.#fullAt.get(address) ?? now) + this.#refillMs
    if (fullAt - now > MINUTE_MS) {
      throw new RequestError('rate_limited', 'Too many wrong credentials came from this address.', {
        retryAfterMs: Math.ceil(fullAt - now - MINUTE_MS),
      })
    }
    this.#setFullAt(address, fullAt)
  }

  #giveBack(address: string): void {
    const fullAt = this.#fullAt.get(address)
    if (fullAt !== undefined) this.#setFullAt(address, fullAt - this.#refillMs)
  }

  #setFullAt(address: string, fullAt: number): void {
    this.#fullAt.delete(address)
    if (fullAt <= this.#clock.monotonic()) return
    this.#fullAt.set(address, fullAt)
    forgetOldest(this.#fullAt)
  }
}

function remember(known: Set<string>, text: string): void {
  known.delete(text)
  known.add(text)
  forgetOldest(known)
}

function forgetOldest(known: {
  readonly size: number
  keys(): Iterator<string>
  delete(key: string): boolean
}): void {
  if (known.size <= REMEMBERED_MAX) return
  const oldest = known.keys().next()
  if (oldest.done !== true) known.delete(oldest.value)
}
