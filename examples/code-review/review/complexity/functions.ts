import type { Node } from 'oxc-parser'
import { functionName } from '../source/function-name.ts'
import type { ParsedSource } from '../source/parse.ts'
import { walk } from '../source/walk.ts'

export interface MeasuredFunction {
  readonly name: string
  readonly start: number
  readonly end: number
  /** McCabe's cyclomatic number: independent paths through the body, nested functions not counted in. */
  readonly complexity: number
  /** Holds a whole module or test suite together; its length says nothing. */
  readonly isWrapper: boolean
}

interface OpenUnit {
  readonly node: Node
  readonly measured: Omit<MeasuredFunction, 'complexity'> | undefined
  decisionCount: number
}

/**
 * Every function with a body, in source order of their ends. T. J. McCabe, "A Complexity Measure" (1976),
 * §4: one more than the number of predicates, where `&&`, `||` and `??` are predicates of their own.
 */
export function measureFunctions(source: ParsedSource, text: string): readonly MeasuredFunction[] {
  const functions: MeasuredFunction[] = []
  const open: OpenUnit[] = []
  walk(source.program, {
    enter(node, ancestors) {
      if (isFunction(node)) {
        const name = functionName(node, ancestors, text)
        const { start, end } = node
        open.push({
          node,
          measured: { name, start, end, isWrapper: isWrapper(node, ancestors) },
          decisionCount: 0,
        })
      } else if (isFieldCode(node)) {
        // Runs when the class or an instance is made, so it belongs to no function around it.
        open.push({ node, measured: undefined, decisionCount: 0 })
      }
      const unit = open.at(-1)
      if (unit && isDecision(node)) unit.decisionCount++
    },
    leave(node) {
      const unit = open.at(-1)
      if (unit?.node !== node) return
      open.pop()
      if (unit.measured) functions.push({ ...unit.measured, complexity: unit.decisionCount + 1 })
    },
  })
  return functions
}

function isFunction(node: Node): boolean {
  const isKnown =
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  return isKnown && node.body !== null
}

function isFieldCode(node: Node): boolean {
  return node.type === 'StaticBlock' || node.type === 'PropertyDefinition'
}

const BRANCHING = new Set<Node['type']>([
  'IfStatement',
  'ConditionalExpression',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'LogicalExpression',
])

function isDecision(node: Node): boolean {
  if (node.type === 'SwitchCase') return node.test !== null
  if (node.type === 'AssignmentExpression') return ['&&=', '||=', '??='].includes(node.operator)
  return BRANCHING.has(node.type)
}

const SUITE_CALLEES =
  /^(?:describe|suite|context|fdescribe|xdescribe|define|(?:describe|suite|test\.describe)\.)/

function isWrapper(node: Node, ancestors: readonly Node[]): boolean {
  const parent = ancestors.at(-1)
  if (parent?.type === 'MemberExpression') return true // (function () {}).call(this)
  if (parent?.type !== 'CallExpression') return false
  const { callee } = parent
  // An immediately invoked function, or the factory handed to one (UMD).
  if (callee === node || isFunction(callee)) return true
  return SUITE_CALLEES.test(calleeName(callee))
}

function calleeName(callee: Node): string {
  switch (callee.type) {
    case 'Identifier':
      return callee.name
    case 'MemberExpression':
      return `${calleeName(callee.object)}.${callee.property.type === 'Identifier' ? callee.property.name : ''}`
    case 'CallExpression':
      return `${calleeName(callee.callee)}.`
    default:
      return ''
  }
}
