/** The store cannot be used as it is, and another try would not help: the message is a sentence for people. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError'
}
