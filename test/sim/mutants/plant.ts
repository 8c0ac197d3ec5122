/**
 * Puts a flaw inside a part of the domain, where no variant reaches.
 *
 * @param flaw makes the flawed method from the right one
 * @returns takes the flaw out again
 */
export function plant<T extends object, K extends keyof T>(
  prototype: T,
  method: K,
  flaw: (right: T[K]) => T[K],
): () => void {
  const right = prototype[method]
  prototype[method] = flaw(right)
  return () => {
    prototype[method] = right
  }
}
