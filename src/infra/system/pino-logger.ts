import { destination, type Logger as PinoLogger, pino, stdSerializers } from 'pino'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent'

export interface PinoLoggerOptions {
  readonly level: LogLevel
  /** 1 for standard output, 2 for standard error: where standard output carries the program's answer. */
  readonly fileDescriptor: 1 | 2
  /** Added to every line, for instance the node's id. */
  readonly fields?: Readonly<Record<string, string>>
}

/** Where a credential could reach a line by way of a logged request. */
const SECRET_PATHS = [
  'req.headers.authorization',
  'req.headers.cookie',
  'headers.authorization',
  'headers.cookie',
  'authorization',
  'token',
]

/** Lines that wait for an output that takes none; past it they are dropped, in characters. */
const UNWRITTEN_MAX = 1024 * 1024

/**
 * One JSON object a line. An output that is gone, as that of a terminal which was closed, loses lines and nothing else. What it returns serves as the domain's Logger and as Fastify's `loggerInstance`. */
export function createPinoLogger({ level, fileDescriptor, fields = {} }: PinoLoggerOptions): PinoLogger {
  // Synchronous, so that the last lines before an exit are not lost.
  const output = destination({ fd: fileDescriptor, sync: true, maxLength: UNWRITTEN_MAX })
  output.on('error', () => undefined)
  return pino(
    {
      level,
      base: fields,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Ours and Fastify's: without one an error is logged as `{}`.
      serializers: { error: stdSerializers.err, err: stdSerializers.err },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    },
    output,
  )
}
