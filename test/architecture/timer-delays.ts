/** A node of the syntax tree, as far as it is read here. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** Which argument is the delay, by what the timer is called. */
const DELAY_AT: ReadonlyMap<string, number> = new Map([
  ['setTimeout', 1],
  ['setInterval', 1],
])
const PROMISED = 'node:timers/promises'

/** The delay of every `setTimeout`, `setInterval` and `AbortSignal.timeout`, under whatever name it was imported. */
export function timerDelays(program: unknown, text: string): string[] {
  const promised = promisedTimers(program as Node)
  const delays: string[] = []
  visit(program as Node, (node) => {
    if (node.type !== 'CallExpression') return
    const at = delayAt(node['callee'] as Node, promised)
    if (at === undefined) return
    const delay = (node['arguments'] as readonly Node[])[at]
    delays.push(delay === undefined ? '' : text.slice(delay.start, delay.end))
  })
  return delays
}

function delayAt(callee: Node, promised: ReadonlySet<string>): number | undefined {
  if (callee.type === 'Identifier') {
    const name = callee['name'] as string
    return promised.has(name) ? 0 : DELAY_AT.get(name)
  }
  if (callee.type !== 'MemberExpression') return undefined
  const object = callee['object'] as Node
  const owner = object.type === 'Identifier' ? (object['name'] as string) : ''
  const name = ((callee['property'] as Node)['name'] as string | undefined) ?? ''
  if (name === 'timeout') return owner === 'AbortSignal' ? 0 : undefined
  // Of a socket: how long it may be quiet.
  if (name === 'setTimeout' && owner !== 'globalThis') return 0
  return DELAY_AT.get(name)
}

function promisedTimers(program: Node): Set<string> {
  const names = new Set<string>()
  visit(program, (node) => {
    if (node.type !== 'ImportDeclaration' || (node['source'] as Node)['value'] !== PROMISED) return
    for (const specifier of node['specifiers'] as readonly Node[]) {
      const imported = (specifier['imported'] as Node | undefined)?.['name']
      if (imported === 'setTimeout') names.add((specifier['local'] as Node)['name'] as string)
    }
  })
  return names
}

function visit(node: Node, look: (node: Node) => void): void {
  look(node)
  for (const child of Object.values(node)) {
    for (const one of Array.isArray(child) ? (child as unknown[]) : [child]) if (isNode(one)) visit(one, look)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string'
}
