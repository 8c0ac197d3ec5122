import { isSwarmError } from '#domain/model/errors.ts'
import { type AgentId, type Scope, swarmId, swarmScope } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { SessionRegistry } from '../channel/session-registry.ts'
import type { Swarms } from '../swarms.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Authenticator } from './authenticator.ts'
import { authorize, type Target } from './authorize.ts'
import type { Principal } from './principal.ts'

/** A connection, stream or request that stays open, and the authority it was opened with. */
export interface Opened {
  readonly caller: Principal
  readonly access: 'viewer' | 'agent'
  readonly target: Target
  /** The authority is lost; `error` says why. Called once at most. */
  end(error: unknown): void
  /** The caller may go on, but the agent it acts for was registered anew: it is not the same agent any more. */
  agentReplaced?(): void
}

export interface OpenAccessModules {
  readonly authenticator: Authenticator
  readonly sessions: Pick<SessionRegistry, 'onRegistrationChange'>
  readonly swarms: Pick<Swarms, 'open'>
  readonly logger: Logger
}

/** The authority of one connection, which may be shown first with the upgrade and then anew with a frame. */
export interface Hold {
  holdFor(caller: Principal): void
  /** The connection is closed. */
  release(): void
}

/** Pause before another look where the store did not answer, in milliseconds. */
const LOOK_AGAIN_MS = 250
/** Credentials that are then looked up at once; where the store still does not answer the others are not asked for. */
const LOOK_AT_ONCE_MAX = 100

/**
 * Ends what is open as soon as it would not be opened any more: the agent's token was replaced, the agent or its swarm
 * removed, the API key removed or given another role or tenant. Everything else is authenticated at each request.
 */
export class OpenAccess {
  readonly #modules: OpenAccessModules
  readonly #opened = new Set<Opened>()
  /** Whose credential could not be looked up, each with whether its agent is another now. */
  readonly #unanswered = new Map<Opened, boolean>()
  #isLookPlanned = false

  constructor(modules: OpenAccessModules) {
    this.#modules = modules
    modules.sessions.onRegistrationChange((scope, agentId) => this.#registrationChanged(scope, agentId))
  }

  /** The returned function is to be called when it closes. */
  hold(opened: Opened): () => void {
    this.#opened.add(opened)
    // A change since it was authenticated has been told already, to what was open then.
    if (!this.#modules.authenticator.isUpToDate(opened.caller)) void this.#look(opened)
    return () => {
      this.#opened.delete(opened)
      this.#unanswered.delete(opened)
    }
  }

  /** From now on these keys are valid. */
  replaceKeys(keys: ApiKeys): void {
    this.#modules.authenticator.replaceKeys(keys)
    for (const opened of this.#opened) if (opened.caller.kind === 'client') void this.#look(opened)
  }

  #registrationChanged(scope: Scope, agentId: AgentId | undefined): void {
    this.#modules.authenticator.noteChange()
    for (const opened of this.#opened) {
      const { caller, target } = opened
      const isAbout =
        scope === scopeOf(opened) &&
        (agentId === undefined ||
          agentId === target.agentId ||
          (caller.kind === 'agent' && agentId === caller.agentId))
      if (isAbout) void this.#look(opened, agentId !== undefined && agentId === target.agentId)
    }
  }

  /** @param isReplaced whether the agent it acts for is another now */
  async #look(opened: Opened, isReplaced = false): Promise<void> {
    const { authenticator, swarms } = this.#modules
    const { caller, access, target } = opened
    try {
      const present = await authenticator.authenticateAgain(caller)
      authorize(present, access, target)
      await swarms.open(caller.tenant, swarmId(target.swarmId ?? ''))
    } catch (error) {
      if (isSwarmError(error) && error.retryable) this.#lookAgain(opened, isReplaced)
      else this.#end(opened, error)
      return
    }
    if (isReplaced && this.#opened.has(opened)) opened.agentReplaced?.()
  }

  #lookAgain(opened: Opened, isReplaced: boolean): void {
    if (!this.#opened.has(opened)) return
    this.#unanswered.set(opened, isReplaced || this.#unanswered.get(opened) === true)
    if (this.#isLookPlanned) return
    this.#isLookPlanned = true
    this.#modules.logger.warn({}, 'credentials of open connections not looked up')
    setTimeout(() => void this.#lookAtUnanswered(), LOOK_AGAIN_MS).unref()
  }

  async #lookAtUnanswered(): Promise<void> {
    this.#isLookPlanned = false
    const waiting = [...this.#unanswered]
    this.#unanswered.clear()
    while (waiting.length > 0) {
      await Promise.all(
        waiting.splice(0, LOOK_AT_ONCE_MAX).map(([opened, isReplaced]) => this.#look(opened, isReplaced)),
      )
      if (this.#unanswered.size > 0)
        for (const [rest, isReplaced] of waiting.splice(0)) this.#lookAgain(rest, isReplaced)
    }
  }

  #end(opened: Opened, error: unknown): void {
    this.#unanswered.delete(opened)

    if (this.#opened.delete(opened)) opened.end(error)
  }
}

/**
 * Waits for work for as long as its caller may wait for it.
 *
 * @param dispose gets what the work came to after the authority was lost
 * @throws what ended the authority, or the work
 */
export async function whileAllowed<T>(
  work: Promise<T>,
  opened: Omit<Opened, 'end'>,
  { openAccess, dispose }: { readonly openAccess: OpenAccess; dispose(result: T): unknown },
): Promise<T> {
  let release: () => void = () => undefined
  const lost = new Promise<never>((_, reject) => {
    const end = (error: unknown): void => {
      work.then(dispose, () => undefined)
      reject(error)
    }
    release = openAccess.hold({ ...opened, end })
  })
  try {
    return await Promise.race([work, lost])
  } finally {
    release()
  }
}

/** Holds a connection by the credential that it showed last. */
export function holdLatest(openAccess: OpenAccess, opened: Omit<Opened, 'caller'>): Hold {
  let isClosed = false
  let release: () => void = () => undefined
  return {
    holdFor: (caller) => {
      release()
      if (!isClosed) release = openAccess.hold({ ...opened, caller })
    },
    release: () => {
      isClosed = true
      release()
    },
  }
}

function scopeOf({ caller, target }: Opened): Scope {
  return swarmScope(caller.tenant, swarmId(target.swarmId ?? ''))
}
