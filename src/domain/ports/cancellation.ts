/** Tells long work that nobody waits for its answer any longer. An `AbortSignal` is one. */
export interface Cancellation {
  readonly aborted: boolean
}
