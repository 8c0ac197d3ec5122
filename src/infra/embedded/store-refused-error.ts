/** The store cannot be opened, and another try with the same files would not help: the message is a sentence for people. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError'
}
