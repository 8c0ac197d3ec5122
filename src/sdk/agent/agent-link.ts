import type { AgentHeartbeatReply, ChannelFrameOf, CLOSE_CODES, HeldTask } from '#contract/index.ts'
import { startTimer } from '#infra/system/timer.ts'
import { Backoff, pause } from '../client/backoff.ts'
import { connectionFailed, SwarmApiError } from '../client/swarm-api-error.ts'
import { AgentChannel, type ChannelClosed, type Notice } from './agent-channel.ts'
import type { AgentIdentity } from './agent-identity.ts'
import type { FrameCodec } from './frame-codec.ts'

/** Why an agent's connection ended for good. */
export interface LinkEnd {
  /**
   * `superseded`: another process runs under the agent's id. `removed`: the agent was removed from the swarm; an operator
   * can register it anew. `refused`: the server does not accept the agent; see `error`.
   */
  readonly reason: 'closed' | 'superseded' | 'removed' | 'refused'
  readonly error?: Error
}

export interface AgentLinkOptions {
  /** Of the nodes, with `http:` or `https:`. The first is tried first; after a failure one of the others is, by draw. */
  readonly urls: readonly string[]
  readonly swarmId: string
  readonly codec: FrameCodec
  held(): readonly HeldTask[]
  onOpen(channel: AgentChannel, welcome: Welcome, url: string): void
  /** The link goes on by itself. */
  onInterrupted(error: Error): void
  onNotice(notice: Notice): void
  /** Tasks the swarm says the agent no longer holds. */
  onLost(tasks: readonly HeldTask[]): void
}

export type Welcome = ChannelFrameOf<'welcome'>

// Spelled out, and checked by their types: with the schemas beside them an agent would take half a second longer to start.
const SUPERSEDED: (typeof CLOSE_CODES)['superseded'] = 4001
const UNAUTHORIZED: (typeof CLOSE_CODES)['unauthorized'] = 4003
const NOT_FOUND: (typeof CLOSE_CODES)['notFound'] = 4004
const REMOVED: (typeof CLOSE_CODES)['removed'] = 4005

/** A server that comes back gives every lease its whole time again: enough tries fall into it, however long it was away. */
const TRIES_PER_LEASE = 4
const HELLO_TIMEOUT_MS = 10_000
const HEARTBEAT_MS_MIN = 10
/** This many heartbeats in a row without a word from the server make a whole lease of silence. */
const SILENT_BEATS_MAX = 3

/** Keeps one channel open, to whichever node answers, until it is closed or refused for good. */
export class AgentLink {
  readonly #options: AgentLinkOptions
  readonly #identity: AgentIdentity
  readonly #closing = new AbortController()
  readonly #backoff = new Backoff({ minMs: 50, baseMs: 250, maxMs: 3_000 })
  /** Tells the connections of this process from those of another under the same id. */
  readonly #processId = crypto.randomUUID()
  #connectionCount = 0
  #channel: AgentChannel | undefined
  #turn = 0
  #leaseMs = Number.POSITIVE_INFINITY

  constructor(options: AgentLinkOptions, { identity }: { readonly identity: AgentIdentity }) {
    this.#options = options
    this.#identity = identity
  }

  /** Resolves when it is over. Never rejects. */
  async run(): Promise<LinkEnd> {
    while (!this.#closing.signal.aborted) {
      const end = await this.#live().catch((error: unknown) => this.#judge(error as Error))
      if (this.#closing.signal.aborted) break
      if (end !== undefined) return end
      this.#turn = anotherThan(this.#turn, this.#options.urls.length)
      await pause(this.#backoff.nextMs(this.#leaseMs / TRIES_PER_LEASE), this.#closing.signal).catch(
        () => undefined,
      )
    }
    return { reason: 'closed' }
  }

  /** Ends the connection in order; `run` resolves. */
  close(): void {
    this.#closing.abort()
    this.#channel?.close('the agent ends')
  }

  /** From one connection's opening to its end; undefined where another is to follow. */
  async #live(): Promise<LinkEnd | undefined> {
    const url = this.#options.urls[this.#turn] ?? ''
    const { agentId, token } = await this.#identity.obtain()
    let onClose: (closed: ChannelClosed) => void = () => undefined
    const closed = new Promise<ChannelClosed>((resolve) => (onClose = resolve))
    const channel = await AgentChannel.open({
      url: channelUrl(url, this.#options.swarmId, agentId),
      token,
      codec: this.#options.codec,
      onNotice: this.#options.onNotice,
      onClose,
    })
    this.#channel = channel
    // Closed while it was opened: nobody else will close it.
    if (this.#closing.signal.aborted) channel.close('the agent ends')
    let stopBeating: (() => void) | undefined
    try {
      const { heartbeatMs } = await this.#greet(channel, url)
      stopBeating = this.#startHeartbeats(channel, heartbeatMs)
      return this.#afterClose(await closed, url)
    } catch (error) {
      // The server's reason to close says more than the greeting that went unanswered, or could not be sent any more.
      if (channel.isOpen) throw error
      return this.#afterClose(channel.closed ?? (await closed), url)
    } finally {
      stopBeating?.()
      this.#channel = undefined
      channel.terminate()
    }
  }

  async #greet(channel: AgentChannel, url: string): Promise<Welcome> {
    const held = this.#options.held()
    const cancel = startTimer(HELLO_TIMEOUT_MS, () => channel.terminate())
    try {
      const connection = { processId: this.#processId, number: (this.#connectionCount += 1) }
      const welcome = await channel.request<Welcome>({ type: 'hello', held: [...held], connection })
      this.#backoff.reset()
      this.#leaseMs = welcome.leaseMs
      this.#tellLost(held, welcome.lost)
      this.#options.onOpen(channel, welcome, url)
      return welcome
    } finally {
      cancel()
    }
  }

  /** The returned function ends them. */
  #startHeartbeats(channel: AgentChannel, heartbeatMs: number): () => void {
    let silentBeats = 0
    let cancel: () => void = () => undefined
    // The server says how often; no answer of its may keep the agent busy with nothing else.
    const everyMs = Math.max(HEARTBEAT_MS_MIN, heartbeatMs)
    // Beats, not time: a handler that blocked the event loop for long has let messages pile up, not the server fall silent.
    const beat = (): void => {
      silentBeats = channel.takeHeard() ? 0 : silentBeats + 1
      if (silentBeats > SILENT_BEATS_MAX) channel.terminate()
      else void this.#beat(channel)
      cancel = startTimer(everyMs, beat)
    }
    cancel = startTimer(everyMs, beat)
    return () => cancel()
  }

  async #beat(channel: AgentChannel): Promise<void> {
    const held = this.#options.held()
    try {
      const { lost } = await channel.request<AgentHeartbeatReply>({ type: 'heartbeat', held: [...held] })
      this.#tellLost(held, lost)
    } catch (error) {
      // The server knows the agent no more; a new hello finds out what to do.
      if (error instanceof SwarmApiError && error.code === 'agent_not_found') channel.terminate()
    }
  }

  /** By the tokens that were asked about: the same task may have been assigned anew since. */
  #tellLost(asked: readonly HeldTask[], lost: readonly string[]): void {
    if (lost.length > 0) this.#options.onLost(asked.filter(({ taskId }) => lost.includes(taskId)))
  }

  #afterClose({ code, reason }: ChannelClosed, url: string): LinkEnd | undefined {
    const error = connectionFailed(url, `closed with ${code}${reason === '' ? '' : ` (${reason})`}`)
    if (code === SUPERSEDED) return { reason: 'superseded', error }
    if (code === REMOVED) return { reason: 'removed', error }
    const isUnknown = code === UNAUTHORIZED || code === NOT_FOUND
    if (isUnknown && !this.#identity.isRenewable) return { reason: 'refused', error }
    if (isUnknown) this.#identity.renew()
    if (!this.#closing.signal.aborted) this.#options.onInterrupted(error)
    return undefined
  }

  #judge(error: Error): LinkEnd | undefined {
    if (!(error instanceof SwarmApiError)) return { reason: 'refused', error }
    if (!error.retryable) {
      if (error.code === 'agent_exists' || error.code === 'session_superseded')
        return { reason: 'superseded', error }
      if (error.code === 'agent_removed') return { reason: 'removed', error }
      const isUnknown = error.code === 'unauthorized' || error.code === 'agent_not_found'
      if (!isUnknown || !this.#identity.isRenewable) return { reason: 'refused', error }
      this.#identity.renew()
    }
    this.#options.onInterrupted(error)
    return undefined
  }
}

/** Drawn, so that the agents of a node that is gone spread over all others, and do not gather on the next one. */
function anotherThan(place: number, count: number): number {
  return count <= 1 ? 0 : (place + 1 + Math.floor(Math.random() * (count - 1))) % count
}

function channelUrl(url: string, swarmId: string, agentId: string): string {
  const base = url.replace(/^http/, 'ws').replace(/\/+$/, '')
  return `${base}/v1/swarms/${encodeURIComponent(swarmId)}/agents/${encodeURIComponent(agentId)}/channel`
}
