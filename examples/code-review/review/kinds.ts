import { reviewComplexity } from './complexity/complexity.ts'
import { reviewDependencies } from './dependencies/dependencies.ts'
import { reviewDuplication } from './duplication/duplication.ts'
import type { Finding, ReviewKind } from './finding.ts'
import { reviewLinks } from './links/links.ts'
import { isDeclaration, isManifest, isMarkdown, isScript } from './path-class.ts'
import type { ReviewInput } from './review-input.ts'
import { reviewSecrets } from './secrets/secrets.ts'

export interface KindOfReview {
  /** The capability an agent registers to be given this work. */
  readonly capability: string
  readonly title: string
  appliesTo(path: string): boolean
  /** Never throws on bad input: what is wrong with a file is a finding about it. */
  analyse(input: ReviewInput): Promise<readonly Finding[]>
}

export const REVIEW_KINDS: Readonly<Record<ReviewKind, KindOfReview>> = {
  complexity: {
    capability: 'review.complexity',
    title: 'Complex and long functions',
    appliesTo: hasFunctions,
    analyse: reviewComplexity,
  },
  secrets: {
    capability: 'review.secrets',
    title: 'Secrets and credentials',
    appliesTo: () => true,
    analyse: reviewSecrets,
  },
  dependencies: {
    capability: 'review.dependencies',
    title: 'Dependencies and licences',
    appliesTo: isManifest,
    analyse: reviewDependencies,
  },
  links: {
    capability: 'review.links',
    title: 'Links in Markdown',
    appliesTo: isMarkdown,
    analyse: reviewLinks,
  },
  duplication: {
    capability: 'review.duplication',
    title: 'Duplicated code',
    appliesTo: hasFunctions,
    analyse: reviewDuplication,
  },
}

/** The reviews one file gets, in a fixed order. */
export function kindsFor(path: string): readonly ReviewKind[] {
  return ALL_KINDS.filter((kind) => REVIEW_KINDS[kind].appliesTo(path))
}

export const ALL_KINDS = Object.keys(REVIEW_KINDS) as readonly ReviewKind[]

export function isReviewKind(raw: string): raw is ReviewKind {
  return Object.hasOwn(REVIEW_KINDS, raw)
}

function hasFunctions(path: string): boolean {
  return isScript(path) && !isDeclaration(path)
}
