import { writeJson } from '#sdk/json/raw-json.ts'
import { exactJson } from './exact-json.ts'

/** Where commands write. Standard output holds what was asked for, standard error everything else. */
export interface Output {
  /** For people; nothing where JSON was asked for. */
  text(lines: string): void
  /** The one document of a command; nothing where text was asked for. */
  json(document: unknown): void
  /** One line of many, for commands that go on. */
  jsonLine(document: unknown): void
  readonly isJson: boolean
}

export function createOutput(
  { json: isJson = false }: { readonly json?: boolean },
  stream = process.stdout,
): Output {
  return {
    isJson,
    text: (lines) => {
      if (!isJson) stream.write(`${lines}\n`)
    },
    json: (document) => {
      if (isJson) stream.write(`${writeJson(exactJson(document), 2)}\n`)
    },
    jsonLine: (document) => {
      if (isJson) stream.write(`${writeJson(exactJson(document))}\n`)
    },
  }
}

/** A reader that has seen enough, like `head`, is no failure. */
export function endWhenNobodyReads(stream = process.stdout): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}
