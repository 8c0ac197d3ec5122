/** What lies beside a key is missing, damaged or another key's: nobody knows any more what the key has signed. */
export class UnusableState extends Error {
  override readonly name = 'UnusableState'
}
