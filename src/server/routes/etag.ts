/** The `ETag` of a version of a record. */
export function etagOf(version: number): string {
  return `"v${version}"`
}

/** What an `If-Match` demands, for a change; the contract's pattern has been checked. */
export function expectedVersion(headers: { readonly 'if-match'?: string }): { expectedVersion?: number } {
  const etag = headers['if-match']
  return etag === undefined ? {} : { expectedVersion: Number(etag.slice(2, -1)) }
}
