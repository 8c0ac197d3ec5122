/** Records that the edges of one trail set are spread over. */
export const BUCKET_COUNT = 256

/**
 * The bucket of an edge: FNV-1a over the UTF-16 units of its name (Fowler, Noll & Vo), begun at the salt of its set, so
 * that nobody who chooses names knows which of them share a bucket.
 */
export function bucketOf(edge: string, salt: number): number {
  let hash = (salt ^ 0x811c9dc5) >>> 0
  for (let index = 0; index < edge.length; index += 1) {
    hash = Math.imul(hash ^ edge.charCodeAt(index), 0x01000193) >>> 0
  }
  // The low bits of FNV-1a are the weak ones.
  return ((hash ^ (hash >>> 15)) >>> 0) % BUCKET_COUNT
}
