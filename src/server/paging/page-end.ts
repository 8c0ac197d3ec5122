import { LIMITS } from '#contract/limits.ts'
import type { Page } from '#domain/orchestration/swarm-reader.ts'
import type { PageTokens } from './page-tokens.ts'

export interface PageEnd {
  nextPageToken?: string
  damagedIds?: string[]
}

/**
 * The members that every page of a list ends with.
 *
 * @param list names the list with all that narrows it; see {@link PageTokens}
 */
export function pageEnd(
  { next, damagedIds }: Pick<Page<unknown>, 'next' | 'damagedIds'>,
  list: readonly unknown[],
  pageTokens: PageTokens,
): PageEnd {
  return {
    ...(next === undefined ? {} : { nextPageToken: pageTokens.issue(next, list) }),
    ...(damagedIds.length === 0 ? {} : { damagedIds: damagedIds.slice(0, LIMITS.damagedIdsMax) }),
  }
}
