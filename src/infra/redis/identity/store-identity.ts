import { randomUUID } from 'node:crypto'
import { SwarmError } from '#domain/model/errors.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { StoreLosses } from '#domain/ports/store-losses.ts'
import type { StoreLoss } from '#domain/ports/swarm-store.ts'
import { MARKER_KEY } from '../redis-keys.ts'
import { asUnavailable, type RedisLink, unavailable } from '../redis-link.ts'
import { acceptLossScript, markLostScript, nameStoreScript } from '../scripts/marker-scripts.ts'
import { beat, type Marker, markerOf, readMarker } from './marker.ts'
import type { ServedStore, ServedStores } from './served-stores.ts'

const BEAT_EVERY_MS = 1_000
/** Beats between two writes to the disk. */
const SAVE_EVERY_BEATS = 5
const REPLACED_IDS_MAX = 100

export interface StoreIdentityOptions {
  /** The id of a lost store whose loss the operator has accepted beforehand. */
  readonly acceptedLossOf?: string | undefined
}

export interface StoreIdentityModules {
  readonly link: RedisLink
  readonly served: ServedStores
  readonly clock: Clock
  readonly logger: Logger
  /** How many milliseconds of answered beats Redis may lose by the settings that it has now. */
  lossMaxMs(): number
}

/** Called with a loss that was found; with undefined when the store is whole again or an operator accepted the loss. */
export type LossListener = (loss: StoreLoss | undefined) => void

/**
 * Knows which store this node serves, and finds out when Redis is another one, empty, or older than it was.
 *
 * The store is looked at before a connection is used, once a second after that, and by every step that writes. A
 * store that is not what it was is named lost: nothing is read from it or written to it until an operator accepts.
 */
export class StoreIdentity implements StoreLosses {
  readonly #options: StoreIdentityOptions
  readonly #modules: StoreIdentityModules
  readonly #listeners: LossListener[] = []
  #current: ServedStore | undefined
  #loss: StoreLoss | undefined
  /** The name that the lost store bears now; '' for none. */
  #foundId = ''
  #turn: Promise<void> = Promise.resolve()
  #beatCount = 0
  #cancelBeat: () => void = () => {}
  #isStopped = false

  constructor(options: StoreIdentityOptions, modules: StoreIdentityModules) {
    this.#options = options
    this.#modules = modules
    modules.link.beforeUse(() => this.check())
    this.#schedule()
  }

  get loss(): StoreLoss | undefined {
    return this.#loss
  }

  /** @throws SwarmError `store_unavailable` while the store is lost */
  requireStoreId(): string {
    if (this.#loss !== undefined) throw unavailable(lossSentence(this.#loss))
    if (this.#current === undefined) throw unavailable('redis has not been looked at yet')
    return this.#current.id
  }

  onLoss(listener: LossListener): void {
    this.#listeners.push(listener)
  }

  /** Looks now. @throws where Redis does not answer */
  check(): Promise<void> {
    const looked = this.#turn.then(() => this.#look())
    this.#turn = looked.catch(() => undefined)
    return looked
  }

  /** The same after a step was refused or nothing was found. @throws SwarmError `store_unavailable` */
  async confirm(): Promise<void> {
    try {
      await this.check()
    } catch (error) {
      throw asUnavailable(error)
    }
    this.requireStoreId()
  }

  /** What a script of ours answered that found another store. @throws SwarmError `store_unavailable`, always */
  async refused(): Promise<never> {
    await this.confirm()
    throw unavailable('redis was another store for a moment')
  }

  /** Some keys of the store are gone. */
  keysMissing(what: string): Promise<void> {
    const noted = this.#turn.then(async () => {
      const id = this.#current?.id
      if (id !== undefined && this.#loss === undefined) await this.#lose('keys_missing', id, id, what)
    })
    this.#turn = noted.catch(() => undefined)
    return noted
  }

  /** @throws SwarmError `store_not_lost`, `store_unavailable` */
  async accept(lostStoreId: string): Promise<void> {
    const loss = this.#loss
    if (loss?.lostStoreId !== lostStoreId) {
      throw new SwarmError('store_not_lost', { storeId: lostStoreId, lostStoreId: loss?.lostStoreId ?? null })
    }
    const accepted = this.#turn.then(() => this.#accept(loss))
    this.#turn = accepted.catch(() => undefined)
    await accepted.catch((error: unknown) => {
      throw asUnavailable(error)
    })
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#cancelBeat()
    await this.#turn
    await this.#modules.served.save().catch(() => undefined)
  }

  async #look(): Promise<void> {
    const current = this.#current ?? (await this.#recognise())
    if (current === undefined) return
    const { link, served, lossMaxMs } = this.#modules
    const found = await beat(link.client, current, served.witnessId)
    if (found.beat > 0) {
      await this.#confirmed({ id: current.id, beat: found.beat, lossMaxMs: lossMaxMs() })
    } else if (found.id !== '' && found.replaces.includes(current.id)) {
      await this.#adopt(found.id)
    } else if (found.lost !== undefined) {
      await this.#lose(found.lost.reason, found.lost.storeId, '')
    } else if (found.id === '') {
      await this.#lose('emptied', current.id, '')
    } else {
      await this.#lose(found.id === current.id ? 'rolled_back' : 'replaced', current.id, found.id)
    }
  }

  /** At the start: which store is it? Undefined where it is none that this node may serve. */
  async #recognise(): Promise<ServedStore | undefined> {
    const { link, served } = this.#modules
    const { newest } = served
    // Only a node that has never served a store may take a nameless one for new.
    const found =
      newest === undefined
        ? markerOf(await nameStoreScript.run(link.client, [MARKER_KEY], [randomUUID()]))
        : await readMarker(link.client)
    if (found.lost !== undefined) await this.#lose(found.lost.reason, found.lost.storeId, '')
    else if (found.id === '') await this.#lose('emptied', newest?.id ?? '', '')
    else if (this.#mayServe(found)) {
      this.#current = served.find(found.id) ?? { id: found.id, beat: 0, lossMaxMs: 0 }
      return this.#current
    } else await this.#lose('replaced', newest?.id ?? '', found.id)
    return undefined
  }

  #mayServe({ id, replaces }: Marker): boolean {
    const { served } = this.#modules
    return served.newest === undefined || served.find(id) !== undefined || served.hasAny(replaces)
  }

  async #confirmed(store: ServedStore): Promise<void> {
    const { served, logger } = this.#modules
    const isNews = this.#current?.id !== served.newest?.id
    this.#current = store
    served.note(store)
    this.#beatCount += 1
    if (isNews || this.#beatCount % SAVE_EVERY_BEATS === 0) await served.save()
    if (this.#loss === undefined) return
    logger.warn({ storeId: store.id, loss: this.#loss }, 'store may be served again')
    this.#loss = undefined
    this.#tell()
  }

  /** Serves a store under the name that the acceptance of a loss gave it. */
  async #adopt(id: string): Promise<void> {
    const { link, served, lossMaxMs, clock } = this.#modules
    const lostStoreId = this.#current?.id ?? id
    if (this.#loss === undefined) {
      // It was accepted so soon that this node did not notice the loss; what it remembers is void all the same.
      this.#loss = { reason: 'replaced', lostStoreId, detectedAt: clock.now() }
      this.#tell()
    }
    this.#current = { id, beat: 0, lossMaxMs: lossMaxMs() }
    const found = await beat(link.client, this.#current, served.witnessId)
    if (found.beat > 0) await this.#confirmed({ ...this.#current, beat: found.beat })
  }

  async #lose(
    reason: StoreLoss['reason'],
    lostStoreId: string,
    foundId: string,
    what?: string,
  ): Promise<void> {
    const { clock, logger, link } = this.#modules
    this.#foundId = foundId
    if (this.#loss?.reason !== reason || this.#loss.lostStoreId !== lostStoreId) {
      this.#loss = { reason, lostStoreId, detectedAt: clock.now() }
      logger.error({ ...this.#loss, foundId, what }, lossSentence(this.#loss))
      this.#tell()
    }
    if (reason !== 'replaced') {
      // All nodes shall know, also those that cannot tell by themselves. Another store is not ours to mark.
      const text = JSON.stringify({ reason, storeId: lostStoreId })
      await markLostScript.run(link.client, [MARKER_KEY], [foundId, text]).catch(() => undefined)
      this.#foundId = ''
    }
    if (this.#options.acceptedLossOf === lostStoreId) await this.#accept(this.#loss)
  }

  async #accept(loss: StoreLoss): Promise<void> {
    const { link, logger } = this.#modules
    const { replaces } = await readMarker(link.client)
    const id = randomUUID()
    const replaced = [...replaces, loss.lostStoreId, this.#foundId].filter((name) => name !== '')
    const ids = [...new Set(replaced)].slice(-REPLACED_IDS_MAX).join(' ')
    const isAccepted = await acceptLossScript.run(
      link.client,
      [MARKER_KEY],
      [this.#foundId, id, ids, JSON.stringify(loss)],
    )
    if (isAccepted !== 1) throw unavailable('redis has changed since the loss was found')
    logger.warn({ storeId: id, loss }, 'loss of the store accepted')
    await this.#adopt(id)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#loss)
  }

  #schedule(): void {
    this.#cancelBeat = this.#modules.clock.setTimer(BEAT_EVERY_MS, () => {
      const looked = this.#modules.link.isUp ? this.check() : Promise.resolve()
      void looked
        .catch((error: unknown) => this.#modules.logger.debug({ error }, 'store not looked at'))
        .then(() => this.#isStopped || this.#schedule())
    })
  }
}

const SENTENCES: Readonly<Record<StoreLoss['reason'], string>> = {
  emptied: 'redis is empty and has lost all data',
  replaced: 'redis is another store than before',
  rolled_back: 'redis has older data than before',
  keys_missing: 'redis has lost some of its keys',
}

export function lossSentence({ reason, lostStoreId }: StoreLoss): string {
  return `${SENTENCES[reason]}: store ${lostStoreId} is lost until an operator accepts it with \`amos store accept\``
}
