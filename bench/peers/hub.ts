/** A running hub, as the bench sees it: its own process, or several. */
export interface Hub {
  readonly url: string
  /** CPU time its processes have used so far, in microseconds. */
  readonly cpuMicros: () => Promise<number>
  readonly close: () => Promise<void>
}
