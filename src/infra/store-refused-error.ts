/** The store cannot be used as it is, and another try would not help: the message is a sentence for people. */
export class StoreRefusedError extends Error {
  override readonly name: string = 'StoreRefusedError'
}

/** The store's file is not as it was left. The message is a sentence about what is wrong, without the store's place. */
export class StoreDamagedError extends StoreRefusedError {
  override readonly name: string = 'StoreDamagedError'
}

/** Files cannot be kept in the directory, for instance because it is no directory, or read-only. */
export class DataDirectoryError extends StoreRefusedError {
  override readonly name: string = 'DataDirectoryError'
}
