import { type Comment, type EcmaScriptModule, type ParserOptions, type Program, parseSync } from 'oxc-parser'

export interface ParsedSource {
  readonly program: Program
  readonly comments: readonly Comment[]
  readonly module: EcmaScriptModule
}

export type ParseOutcome =
  | { readonly type: 'parsed'; readonly source: ParsedSource }
  | { readonly type: 'failed'; readonly message: string; readonly offset: number }
  /** A dialect the parser does not speak; nothing can be said about the file. */
  | { readonly type: 'unsupported' }

/**
 * Parses JavaScript, JSX or TypeScript, told apart by the name of the file. A file counts as broken only
 * when it is neither a valid module or script nor a valid CommonJS body (`return` at the top, for one).
 */
export function parseSource(path: string, text: string): ParseOutcome {
  const first = parseAs(path, text, 'unambiguous')
  if (first.type !== 'failed') return first
  const second = parseAs(path, text, 'commonjs')
  // The first goal's message fits more files: CommonJS complains about every import.
  return second.type === 'failed' ? first : second
}

function parseAs(
  path: string,
  text: string,
  sourceType: NonNullable<ParserOptions['sourceType']>,
): ParseOutcome {
  // JSX in a plain .js file is what most bundlers accept; nothing else changes its meaning there.
  const lang = /\.[mc]?js$/.test(path) ? ({ lang: 'jsx' } as const) : {}
  const result = parseSync(path, text, { sourceType, preserveParens: false, ...lang })
  const error = result.errors.find(({ severity }) => (severity as string) === 'Error')
  if (!error) {
    return {
      type: 'parsed',
      source: { program: result.program, comments: result.comments, module: result.module },
    }
  }
  if (error.message.includes('Flow is not supported')) return { type: 'unsupported' }
  return { type: 'failed', message: error.message, offset: error.labels[0]?.start ?? 0 }
}
