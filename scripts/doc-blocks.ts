/** One fenced block of a Markdown document. */
export interface DocBlock {
  readonly line: number
  /** The heading of the second level above it. */
  readonly section: string
  readonly language: string
  /** The further words behind the language, which say how the block is checked. */
  readonly words: readonly string[]
  readonly text: string
}

/** The fenced blocks of a document, in order. @throws Error where a fence is not closed */
export function docBlocks(markdown: string): DocBlock[] {
  const blocks: DocBlock[] = []
  let section = ''
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) {
      if (open === undefined && line.startsWith('## ')) section = line
      open?.lines.push(line)
      continue
    }
    if (open === undefined) {
      open = { line: index + 1, info: line.slice(3).trim(), lines: [] }
      continue
    }
    const [language = '', ...words] = open.info.split(/\s+/)
    blocks.push({ line: open.line, section, language, words, text: open.lines.join('\n') })
    open = undefined
  }
  if (open !== undefined) throw new Error(`the block of line ${open.line} is not closed`)
  return blocks
}
