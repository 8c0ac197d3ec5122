import type { Logger } from '#domain/ports/logger.ts'

export interface LoggedLine {
  readonly level: keyof Logger
  readonly fields: object
  readonly message: string
}

/** Keeps what was logged, for tests that expect a line or none. */
export class MemoryLogger implements Logger {
  readonly lines: LoggedLine[] = []

  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message })
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message })
  }

  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message })
  }

  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', fields, message })
  }

  /** Messages of one level, oldest first. */
  messages(level: keyof Logger): readonly string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message)
  }
}
