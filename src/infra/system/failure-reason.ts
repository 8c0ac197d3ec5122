import { getSystemErrorMap } from 'node:util'

const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file may not grow any further',
  EIO: 'the disk reports an input/output error',
  EROFS: 'the file system is read-only',
  EACCES: 'access is not permitted',
  EPERM: 'access is not permitted',
  ENOTDIR: 'a part of the path is not a directory',
  ENOENT: 'there is no such path, and it cannot be made',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'the path has too many symbolic links',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOMEM: 'there is not enough memory',
}

/** What a failed call to the system says, for people. LMDB gives the number of the error, Node its name. */
export function reasonOfFailure(error: unknown): string {
  const { code, message } = error as { readonly code?: string | number; readonly message?: string }
  const name = typeof code === 'number' ? getSystemErrorMap().get(-Math.abs(code))?.[0] : code
  return SENTENCES[name ?? ''] ?? message ?? String(error)
}
