import { posix } from 'node:path'
import { type Finding, finding } from '../finding.ts'
import { isMarkdown, isTestPath } from '../path-class.ts'
import type { ReviewInput } from '../review-input.ts'
import { oncePerTree, type SourceTree } from '../tree.ts'
import { type MarkdownDocument, type MarkdownLink, readMarkdown } from './document.ts'

/** Links of a Markdown file to files and headings of the same tree that do not exist. */
export async function reviewLinks({ path, tree }: ReviewInput): Promise<readonly Finding[]> {
  const document = await documentOf(tree, path)
  if (!document) return []
  const found: Finding[] = []
  for (const link of document.links) {
    const problem = await checkLink(tree, path, link, document.anchors)
    if (problem) found.push(problem)
  }
  return found
}

async function checkLink(
  tree: SourceTree,
  path: string,
  link: MarkdownLink,
  ownAnchors: ReadonlySet<string>,
): Promise<Finding | undefined> {
  const target = localTarget(link.target)
  if (!target) return undefined
  if (target.file === '') return checkAnchor({ path, link, target, anchors: ownAnchors, where: 'here' })
  const wanted = await resolveTarget(tree, path, target.file)
  if (wanted === undefined) return undefined
  const existing = await findTarget(tree, wanted)
  if (existing === undefined) return brokenLink(path, link, target.file, wanted)
  if (target.fragment === '' || !isMarkdown(existing)) return undefined
  const document = await documentOf(tree, existing)
  return document && checkAnchor({ path, link, target, anchors: document.anchors, where: `in ${existing}` })
}

interface AnchorCheck {
  readonly path: string
  readonly link: MarkdownLink
  readonly target: LocalTarget
  readonly anchors: ReadonlySet<string>
  readonly where: string
}

function checkAnchor({ path, link, target, anchors, where }: AnchorCheck): Finding | undefined {
  if (hasAnchor(anchors, target.fragment)) return undefined
  const message = `links to #${target.fragment}, but no heading or anchor ${where} has that name`
  const severity = isTestPath(path) ? 'info' : 'low'
  return finding({ rule: 'broken_anchor', severity, path, line: link.line, message, evidence: link.target })
}

function brokenLink(path: string, link: MarkdownLink, file: string, wanted: string): Finding {
  const looksLikeSite = /^(?:www\.|[\w-]+\.(?:com|org|net|io|dev)(?:\/|$))/i.test(file)
  const message = `links to ${file}, and ${wanted} does not exist${looksLikeSite ? ' (is https:// missing?)' : ''}`
  const severity = isTestPath(path) ? 'info' : 'medium'
  return finding({ rule: 'broken_link', severity, path, line: link.line, message, evidence: link.target })
}

interface LocalTarget {
  /** Decoded, without query; empty for a link within the document. */
  readonly file: string
  readonly fragment: string
}

/** Undefined for other sites, e-mail addresses, templates and whatever cannot be decoded. */
function localTarget(target: string): LocalTarget | undefined {
  const isElsewhere = /^[a-z][a-z0-9+.-]*:/i.test(target) || target.startsWith('//')
  if (target === '' || isElsewhere || /\{\{|\$\{|<%|\{%|\{[a-z]|^@|[\\|*]/i.test(target)) return undefined
  const hash = target.indexOf('#')
  const beforeHash = hash === -1 ? target : target.slice(0, hash)
  const [file = ''] = beforeHash.split('?', 1)
  try {
    return {
      file: decodeURIComponent(file),
      fragment: hash === -1 ? '' : decodeURIComponent(target.slice(hash + 1)),
    }
  } catch {
    return undefined
  }
}

/** Relative to the root of the tree; undefined when the link leads out of what we can see. */
async function resolveTarget(tree: SourceTree, from: string, file: string): Promise<string | undefined> {
  if (file.startsWith('/')) {
    // The root of what? Of a repository on GitHub, of a web site elsewhere: only the first can be judged.
    const segments = file.split('/').filter(Boolean)
    const isRepository = (await tree.kindOf('.git')) !== undefined
    const isKnownFolder = segments.length > 1 && (await tree.kindOf(segments[0] ?? '')) === 'folder'
    return isRepository && isKnownFolder && posix.extname(file) !== '' ? segments.join('/') : undefined
  }
  const wanted = posix.join(posix.dirname(from), file)
  return wanted === '..' || wanted.startsWith('../') ? undefined : wanted
}

/** The file or folder itself, or the source from which a site generator makes the page of that name. */
async function findTarget(tree: SourceTree, wanted: string): Promise<string | undefined> {
  const base = wanted.replace(/\/$/, '').replace(/\.html?$/, '')
  const sources = [`${base}.md`, `${base}.mdx`, `${base}.html`, `${base}/index.md`, `${base}/README.md`]
  for (const candidate of [wanted, ...sources]) {
    if ((await tree.kindOf(candidate)) !== undefined) return candidate
  }
  return undefined
}

/** Documents read so far: many link to one another, and parsing a long one takes a second. */
const documentsOf = oncePerTree(async () => new Map<string, Promise<MarkdownDocument | undefined>>())

async function documentOf(tree: SourceTree, path: string): Promise<MarkdownDocument | undefined> {
  const documents = await documentsOf(tree)
  const known = documents.get(path) ?? readDocument(tree, path)
  documents.set(path, known)
  return known
}

async function readDocument(tree: SourceTree, path: string): Promise<MarkdownDocument | undefined> {
  const text = await tree.readText(path)
  return text === undefined ? undefined : readMarkdown(text)
}

/** Browsers scroll to the top for an empty fragment and for `top`; GitHub ignores case and its own prefix. */
function hasAnchor(anchors: ReadonlySet<string>, fragment: string): boolean {
  const name = fragment.toLowerCase().replace(/^user-content-/, '')
  if (name === '' || name === 'top' || /[:=/]/.test(name)) return true
  return anchors.has(name) || /^fn(?:ref)?-/.test(name)
}
