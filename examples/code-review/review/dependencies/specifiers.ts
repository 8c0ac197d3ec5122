import { type Finding, finding } from '../finding.ts'
import type { Dependency, Manifest } from './manifest.ts'

/** What a dependency's specifier promises about what will be installed. */
export type SpecifierKind = 'exact' | 'range' | 'wildcard' | 'tag' | 'git' | 'tarball' | 'local'

const EXACT = /^[v=\s]*\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/
const LOCAL = /^(?:file|link|workspace|portal|patch|catalog|npm|jsr):|^(?:\.{0,2}\/|~\/)/
const GIT = /^(?:git(?:\+[a-z]+)?:|git@|github:|gitlab:|bitbucket:|gist:)|^https?:.*\.git(?:#.*)?$/
const REPOSITORY_SHORTHAND = /^[\w-][\w.-]*\/[\w.-]+(?:#.*)?$/

export function specifierKind(wanted: string): SpecifierKind {
  const text = wanted.trim()
  if (LOCAL.test(text)) return 'local'
  if (GIT.test(text) || REPOSITORY_SHORTHAND.test(text)) return 'git'
  if (/^https?:/.test(text)) return 'tarball'
  if (EXACT.test(text)) return 'exact'
  if (text.split('||').some((part) => hasNoUpperBound(part.trim()))) return 'wildcard'
  return /\d/.test(text.charAt(0)) || /^[\^~<>=v\s]/.test(text) ? 'range' : 'tag'
}

function hasNoUpperBound(part: string): boolean {
  if (/^[*xX]?$/.test(part) || /^[*xX]\./.test(part)) return true
  return /^>=?\s*v?\d[\w.*+-]*$/.test(part)
}

export function reviewSpecifiers(manifest: Manifest): readonly Finding[] {
  return manifest.dependencies.flatMap((dependency) => {
    const message = describeProblem(dependency)
    if (message === undefined) return []
    const { line, name, wanted, section } = dependency
    const kind = specifierKind(wanted)
    const rule = kind === 'wildcard' || kind === 'tag' ? 'wildcard_range' : 'url_dependency'
    const isUnencrypted = /^(?:http|git):/.test(wanted)
    const severity = isUnencrypted ? 'high' : section === 'devDependencies' ? 'low' : 'medium'
    const evidence = `"${name}": "${withoutPassword(wanted)}"`
    return [finding({ rule, severity, path: manifest.path, line, message: `${name} ${message}`, evidence })]
  })
}

function describeProblem({ wanted, section }: Dependency): string | undefined {
  const isUnencrypted = /^(?:http|git):/.test(wanted) ? ', over an unencrypted connection' : ''
  switch (specifierKind(wanted)) {
    case 'wildcard':
      // Peers are meant to be wide: the package that installs them picks the version.
      return section === 'peerDependencies'
        ? undefined
        : 'accepts every later version, breaking ones included'
    case 'tag':
      return section === 'peerDependencies'
        ? undefined
        : `follows the tag ${wanted}, which its authors may move`
    case 'git': {
      const isPinned = /#(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(wanted)
      const pinned = isPinned ? '' : ' and is not pinned to a commit'
      return `comes from a git repository, not from a registry${pinned}${isUnencrypted}`
    }
    case 'tarball':
      return `is downloaded from a URL, not from a registry${isUnencrypted}`
    default:
      return undefined
  }
}

function withoutPassword(wanted: string): string {
  return wanted.replace(/\/\/[^/@\s]*@/, '//…@')
}
