import { DataDirectoryError, StoreDamagedError, StoreRefusedError } from '#infra/store-refused-error.ts'
import { OpenServerError } from '#server/auth/bind-guard.ts'
import { ConfigError } from './config/read-config.ts'
import { EXIT_CODES } from './exit-codes.ts'

/** Kinds of failures that keep a server from starting and that another try does not cure; the narrower kind first. */
const EXIT_CODE_OF = [
  [StoreDamagedError, EXIT_CODES.storeDamaged],
  [DataDirectoryError, EXIT_CODES.dataDirectory],
  [StoreRefusedError, EXIT_CODES.config],
  [OpenServerError, EXIT_CODES.config],
  [ConfigError, EXIT_CODES.config],
] as const

/** The exit code of a server that could not start because of the error; undefined where it is none of these. */
export function exitCodeOfStart(error: unknown): number | undefined {
  return EXIT_CODE_OF.find(([type]) => error instanceof type)?.[1]
}
