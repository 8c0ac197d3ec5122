import { type Finding, finding, type Severity } from '../finding.ts'
import { isGenerated, isTestPath } from '../path-class.ts'
import type { ReviewInput } from '../review-input.ts'
import { CodeLines } from '../source/code-lines.ts'
import { LineIndex } from '../source/lines.ts'
import { parseSource } from '../source/parse.ts'
import { type MeasuredFunction, measureFunctions } from './functions.ts'

/** Above 10 McCabe advised to split; the bands above it are those of the SEI (Carnegie Mellon, 1997). */
const COMPLEXITY_OK_MAX = 10
const COMPLEXITY_MODERATE_MAX = 20
const COMPLEXITY_HIGH_MAX = 50
const LINES_OK_MAX = 60
const LINES_LOW_MAX = 120

/** Functions with many paths, long functions, and files that are no JavaScript or TypeScript at all. */
export async function reviewComplexity({ path, text }: ReviewInput): Promise<readonly Finding[]> {
  if (isGenerated(path, text)) return []
  const outcome = parseSource(path, text)
  if (outcome.type === 'unsupported') return []
  if (outcome.type === 'failed') {
    const line = new LineIndex(text).lineAt(outcome.offset)
    const severity = isTestPath(path) ? 'info' : 'high'
    return [
      finding({ rule: 'parse_error', severity, path, line, message: `does not parse: ${outcome.message}` }),
    ]
  }
  const lines = new CodeLines(text, outcome.source.comments)
  const found: Finding[] = []
  for (const measured of measureFunctions(outcome.source, text)) {
    found.push(...judgeComplexity(path, measured, lines), ...judgeLength(path, measured, lines))
  }
  return found
}

function judgeComplexity(path: string, measured: MeasuredFunction, lines: CodeLines): readonly Finding[] {
  const { name, complexity, start } = measured
  if (complexity <= COMPLEXITY_OK_MAX) return []
  const message = `${name} has a cyclomatic complexity of ${complexity} (advised: at most ${COMPLEXITY_OK_MAX})`
  const severity = complexitySeverity(path, complexity)
  return [finding({ rule: 'complex_function', severity, path, line: lines.lineAt(start), message })]
}

function complexitySeverity(path: string, complexity: number): Severity {
  if (isTestPath(path)) return 'info'
  if (complexity > COMPLEXITY_HIGH_MAX) return 'high'
  return complexity > COMPLEXITY_MODERATE_MAX ? 'medium' : 'low'
}

function judgeLength(path: string, measured: MeasuredFunction, lines: CodeLines): readonly Finding[] {
  if (measured.isWrapper) return []
  const line = lines.lineAt(measured.start)
  const lastLine = lines.lineAt(measured.end)
  const count = lines.countBetween(line, lastLine)
  if (count <= LINES_OK_MAX) return []
  const message = `${measured.name} has ${count} lines of code, down to line ${lastLine} (advised: at most ${LINES_OK_MAX})`
  const severity = isTestPath(path) ? 'info' : count > LINES_LOW_MAX ? 'medium' : 'low'
  return [finding({ rule: 'long_function', severity, path, line, message })]
}
