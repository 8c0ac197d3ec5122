import type {
  BudgetAmounts,
  BudgetList,
  BudgetSet,
  BudgetView,
  ControlList,
  ControlSet,
  ControlView,
} from '#contract/control.ts'
import type { HttpRequest } from './http-connection.ts'

export interface ControlsClientModules {
  call<T>(request: HttpRequest): Promise<T>
}

/** What a limit, a pause or a budget applies to: `swarm`, `type:NAME`, `capability:NAME`, `key:NAME`, `key:*` or `task:ID`. */
type Target = string

/** What may start and what it may cost: limits, pauses and budgets of one swarm. Changes need the role `operator`. */
export class ControlsClient {
  readonly #call: ControlsClientModules['call']

  constructor({ call }: ControlsClientModules) {
    this.#call = call
  }

  /** All that is limited or paused. */
  list(): Promise<ControlList> {
    return this.#call({ method: 'GET', path: '/controls' })
  }

  /** Sets a concurrency limit, a rate limit or both, in place of those before. */
  set(control: ControlSet): Promise<ControlView> {
    return this.#post('/controls', control)
  }

  /** Lifts all limits and the pause of a target. */
  remove(target: Target): Promise<void> {
    return this.#call({ method: 'DELETE', path: `/controls/${encodeURIComponent(target)}` })
  }

  /** Starts nothing of the target until it is resumed; what runs goes on. @param target the whole swarm by default */
  pause(target: Target = 'swarm', reason?: string): Promise<ControlView> {
    return this.#post('/controls/pause', { target, ...(reason === undefined ? {} : { reason }) })
  }

  resume(target: Target = 'swarm'): Promise<ControlView> {
    return this.#call({ method: 'POST', path: '/controls/resume', body: { target } })
  }

  /** Budgets with what is used, reserved and left. */
  budgets(): Promise<BudgetList> {
    return this.#call({ method: 'GET', path: '/budgets' })
  }

  /** Sets the limits of a budget; what was used stays counted. */
  setBudget(budget: BudgetSet): Promise<BudgetView> {
    return this.#post('/budgets', budget)
  }

  /** Adds to the limits of a budget. It is not repeated by itself: a repeated one would count twice. */
  topUpBudget(target: Target, amounts: BudgetAmounts): Promise<BudgetView> {
    return this.#call({ method: 'POST', path: '/budgets/top-up', body: { target, amounts } })
  }

  removeBudget(target: Target): Promise<void> {
    return this.#call({ method: 'DELETE', path: `/budgets/${encodeURIComponent(target)}` })
  }

  #post<T>(path: string, body: unknown): Promise<T> {
    return this.#call({ method: 'POST', path, body, isRepeatable: true })
  }
}
