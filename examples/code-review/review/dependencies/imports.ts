import type { Node } from 'oxc-parser'
import { LineIndex } from '../source/lines.ts'
import { type ParsedSource, parseSource } from '../source/parse.ts'
import { walk } from '../source/walk.ts'

export interface PackageImport {
  /** `lodash` for `lodash/fp`, `@scope/name` for `@scope/name/part`. */
  readonly name: string
  readonly specifier: string
  readonly line: number
  /** Inside a `try`: the code copes when the package is missing. */
  readonly isOptional: boolean
}

const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?=\/|$)/

/** The package a bare specifier names; undefined for relative paths, `#` imports, URLs and loaders. */
export function packageName(specifier: string): string | undefined {
  if (/[:!?\\\s]/.test(specifier)) return undefined
  return PACKAGE_NAME.exec(specifier)?.[0]
}

/** Packages a source imports, requires or names as a type, each once, at its first place. */
export function packageImports(path: string, text: string): readonly PackageImport[] {
  const outcome = parseSource(path, text)
  if (outcome.type !== 'parsed') return []
  const lines = new LineIndex(text)
  const first = new Map<string, PackageImport>()
  for (const { specifier, offset, isOptional } of specifiersIn(outcome.source)) {
    const name = packageName(specifier)
    const known = name === undefined ? undefined : first.get(name)
    if (name === undefined || (known && !known.isOptional)) continue
    if (known && isOptional) continue
    first.set(name, { name, specifier, line: lines.lineAt(offset), isOptional })
  }
  return [...first.values()]
}

interface Specifier {
  readonly specifier: string
  readonly offset: number
  readonly isOptional: boolean
}

function specifiersIn(source: ParsedSource): readonly Specifier[] {
  const found: Specifier[] = []
  // In bundles `require` is often a parameter: then it loads something of theirs, no package.
  let isRequireTheirs = false
  walk(source.program, {
    enter(node, ancestors) {
      if (declaresRequire(node)) isRequireTheirs = true
      const literal = specifierNode(node)
      if (!literal) return
      found.push({ specifier: literal.value, offset: literal.start, isOptional: ancestors.some(isTryBlock) })
    },
  })
  return isRequireTheirs ? found.filter(({ offset }) => isStatic(source, offset)) : found
}

function isStatic({ module }: ParsedSource, offset: number): boolean {
  const covers = ({ start, end }: { start: number; end: number }) => start <= offset && offset < end
  return module.staticImports.some(covers) || module.staticExports.some(covers)
}

function specifierNode(node: Node): { readonly value: string; readonly start: number } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literal(node.source)
    case 'ExportNamedDeclaration':
      return node.source ? literal(node.source) : undefined
    case 'TSExternalModuleReference':
      return literal(node.expression)
    case 'CallExpression':
      return isRequire(node.callee) ? literal(node.arguments[0]) : undefined
    default:
      return undefined
  }
}

function literal(node: Node | undefined): { readonly value: string; readonly start: number } | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string')
    return { value: node.value, start: node.start }
  return undefined
}

function isRequire(callee: Node): boolean {
  if (callee.type === 'Identifier') return callee.name === 'require'
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return false
  const isResolve = callee.property.type === 'Identifier' && callee.property.name === 'resolve'
  return callee.object.name === 'require' && isResolve
}

function declaresRequire(node: Node): boolean {
  if (node.type !== 'FunctionExpression' && node.type !== 'FunctionDeclaration') {
    return node.type === 'ArrowFunctionExpression' && node.params.some(isNamedRequire)
  }
  return node.params.some(isNamedRequire) || node.id?.name === 'require'
}

function isNamedRequire(parameter: Node): boolean {
  return parameter.type === 'Identifier' && parameter.name === 'require'
}

function isTryBlock(node: Node): boolean {
  return node.type === 'TryStatement'
}
