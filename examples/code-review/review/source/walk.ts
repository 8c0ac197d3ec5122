import { type Node, visitorKeys } from 'oxc-parser'

export interface NodeVisitor {
  /** `ancestors` ends with the parent; it is reused between calls, so copy what you keep. */
  enter(node: Node, ancestors: readonly Node[]): void
  leave?(node: Node): void
}

/** Visits a syntax tree in source order, without recursion: generated sources nest thousands deep. */
export function walk(root: Node, visitor: NodeVisitor): void {
  const ancestors: Node[] = []
  const pending: { readonly node: Node; readonly isDone: boolean }[] = [{ node: root, isDone: false }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, isDone } = next
    if (isDone) {
      ancestors.pop()
      visitor.leave?.(node)
      continue
    }
    visitor.enter(node, ancestors)
    ancestors.push(node)
    pending.push({ node, isDone: true })
    for (const child of childrenOf(node).toReversed()) pending.push({ node: child, isDone: false })
  }
}

function childrenOf(node: Node): Node[] {
  const fields = node as unknown as Record<string, unknown>
  const children: Node[] = []
  for (const key of visitorKeys[node.type] ?? []) {
    const value = fields[key]
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) children.push(item)
  }
  return children
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
