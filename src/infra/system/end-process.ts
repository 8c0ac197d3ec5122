/**
 * Ends the process without the listeners of its event `exit`. After a failed write lmdb's listener would flush once
 * more what nobody can vouch for, and could wait for ever for a lock that the failed transaction never gave back.
 */
export function endProcess(exitCode: number): never {
  const { reallyExit } = process as unknown as { readonly reallyExit: (code: number) => never }
  return reallyExit.call(process, exitCode)
}
