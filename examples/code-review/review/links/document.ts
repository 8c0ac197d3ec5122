import GithubSlugger, { slug } from 'github-slugger'
import type { Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { toString as textOf } from 'mdast-util-to-string'
import { gfm } from 'micromark-extension-gfm'

export interface MarkdownLink {
  readonly target: string
  readonly line: number
}

export interface MarkdownDocument {
  readonly links: readonly MarkdownLink[]
  /** Fragments that lead somewhere in the document, in lower case. */
  readonly anchors: ReadonlySet<string>
}

/** Reads GitHub-flavoured Markdown: its links, images and definitions, and the anchors of its headings. */
export function readMarkdown(text: string): MarkdownDocument {
  const root = fromMarkdown(blankFrontMatter(text), {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown()],
  })
  const links: MarkdownLink[] = []
  const anchors = new Set<string>()
  const slugger = new GithubSlugger()
  for (const node of everyNode(root)) {
    const line = node.position?.start.line ?? 1
    switch (node.type) {
      case 'link':
      case 'image':
      case 'definition':
        links.push({ target: node.url, line })
        break
      case 'heading':
        for (const anchor of headingAnchors(node, slugger)) anchors.add(anchor)
        break
      case 'html':
        readHtml(node.value, line, links, anchors)
        break
      default:
    }
  }
  return { links, anchors }
}

function* everyNode(root: Nodes): Generator<Nodes> {
  const pending: Nodes[] = [root]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    yield node
    if ('children' in node) pending.push(...node.children.toReversed())
  }
}

/** GitHub's own anchor, and the ones that documentation generators read from `{#name}` at the end. */
function headingAnchors(heading: Nodes, slugger: GithubSlugger): readonly string[] {
  const text = textOf(heading, { includeImageAlt: false, includeHtml: false })
  const custom = /\{#([^}\s]+)\}\s*$/.exec(text)?.[1]
  const plain =
    custom === undefined ? [] : [custom.toLowerCase(), slug(text.slice(0, text.lastIndexOf('{#')).trim())]
  // Emoji codes such as `:rocket:` vanish from the anchor in some renderers and stay in others.
  const withoutEmoji = slug(text.replace(/:[a-z0-9_+-]+:/g, ''))
  return [slugger.slug(text), withoutEmoji, ...plain]
}

const ATTRIBUTE = /\s(href|src|id|name)\s*=\s*(?:(["'])(.*?)\2|([^\s"'=<>`{}]+))/gi

/** Raw HTML in Markdown comes as opening tags and comments, never as a whole page. */
function readHtml(html: string, firstLine: number, links: MarkdownLink[], anchors: Set<string>): void {
  const visible = html.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ' '))
  for (const tag of visible.matchAll(/<[a-z][^<>]*>/gi)) {
    const line = firstLine + visible.slice(0, tag.index).split('\n').length - 1
    for (const [, name = '', , quoted, bare] of tag[0].matchAll(ATTRIBUTE)) {
      const value = quoted ?? bare ?? ''
      if (/^(?:id|name)$/i.test(name)) anchors.add(value.toLowerCase().replace(/^user-content-/, ''))
      else links.push({ target: value.replaceAll('&amp;', '&'), line })
    }
  }
}

/** Settings that site generators keep between `---` lines at the top are no Markdown. */
function blankFrontMatter(text: string): string {
  const front = /^---[ \t]*\r?\n[\s\S]*?\r?\n---[ \t]*(?=\r?\n|$)/.exec(text)?.[0]
  return front === undefined ? text : front.replace(/[^\n]/g, ' ') + text.slice(front.length)
}
