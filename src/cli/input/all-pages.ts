const PAGE_SIZE_MAX = 100

interface Paging {
  readonly pageSize: number
  readonly pageToken?: string
}

/**
 * Reads the pages of a list until there are no more, or `limit` items.
 *
 * @param readPage reads one page
 * @param itemsOf takes the items out of a page
 */
export async function readPages<Page extends { readonly nextPageToken?: string }, Item>(
  readPage: (paging: Paging) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let pageToken: string | undefined
  do {
    const page = await readPage({
      pageSize: Math.min(PAGE_SIZE_MAX, limit),
      ...(pageToken === undefined ? {} : { pageToken }),
    })
    items.push(...itemsOf(page))
    pageToken = page.nextPageToken
  } while (pageToken !== undefined && items.length < limit)
  return items.slice(0, limit)
}
