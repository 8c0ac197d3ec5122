/** What one client trained. */
export interface ClientUpdate {
  /** Finite numbers; as many in every update. */
  readonly vector: Float64Array
  /** Number of samples that the client trained on, above 0. */
  readonly weight: number
}
