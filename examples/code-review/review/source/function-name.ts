import type { CallExpression, Node } from 'oxc-parser'
import { cutText } from '#contract/text.ts'

const NAME_CHARS_MAX = 80

/** What a reader would call this function: its own name, or that of the place it is assigned to. */
export function functionName(node: Node, ancestors: readonly Node[], text: string): string {
  const own = 'id' in node && node.id?.type === 'Identifier' ? node.id.name : undefined
  if (own !== undefined) return own
  const parent = ancestors.at(-1)
  if (!parent) return 'anonymous function'
  return parent.type === 'CallExpression'
    ? argumentName(node, parent, text)
    : assignedName(parent, ancestors, text)
}

function assignedName(parent: Node, ancestors: readonly Node[], text: string): string {
  switch (parent.type) {
    case 'VariableDeclarator':
      return source(parent.id, text)
    case 'AssignmentExpression':
      return source(parent.left, text)
    case 'Property':
      return source(parent.key, text)
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return memberName(parent, ancestors, text)
    default:
      return 'anonymous function'
  }
}

function argumentName(node: Node, { callee }: CallExpression, text: string): string {
  if (callee === node) return 'immediately invoked function'
  // Compilers write `(0, lib.run)(…)` to call without a receiver; the last part is the name.
  const last = callee.type === 'SequenceExpression' ? callee.expressions.at(-1) : undefined
  return `callback of ${source(last ?? callee, text)}`
}

function memberName(member: Node & { readonly key: Node }, ancestors: readonly Node[], text: string): string {
  const owner = ancestors.at(-3)
  const isNamed = owner?.type === 'ClassDeclaration' || owner?.type === 'ClassExpression'
  const className = isNamed ? owner.id?.name : undefined
  const name = source(member.key, text)
  return className === undefined ? name : `${className}.${name}`
}

function source(node: Node, text: string): string {
  const words = text.slice(node.start, node.end).replace(/\s+/g, ' ')
  return words.length <= NAME_CHARS_MAX ? words : `${cutText(words, NAME_CHARS_MAX - 1)}…`
}
