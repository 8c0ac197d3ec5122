import parseExpression from 'spdx-expression-parse'
import { asRecord, asText } from './manifest.ts'

export type LicenceClass = 'permissive' | 'weak_copyleft' | 'strong_copyleft' | 'proprietary' | 'invalid'

/** From least to most demanding: `A OR B` is as demanding as its mildest side, `A AND B` as its strictest. */
const DEMANDS: readonly LicenceClass[] = [
  'permissive',
  'weak_copyleft',
  'strong_copyleft',
  'proprietary',
  'invalid',
]
const STRONG_COPYLEFT = /^(?:A?GPL|SSPL|OSL|EUPL|CC-BY-SA|CC-BY-NC-SA|Sleepycat|QPL|CECILL-[12]|RPL|Parity)\b/
const WEAK_COPYLEFT = /^(?:LGPL|MPL|EPL|CDDL|CPL|CECILL-C|MS-RL|APSL|SPL|IPL)\b/

/** Judges the text of a `license` field. */
export function classifyLicence(text: string): LicenceClass {
  const trimmed = text.trim()
  if (trimmed === 'UNLICENSED' || /^SEE LICEN[CS]E IN /i.test(trimmed)) return 'proprietary'
  try {
    return classify(parseExpression(trimmed))
  } catch {
    return 'invalid'
  }
}

type Expression = ReturnType<typeof parseExpression>

function classify(expression: Expression): LicenceClass {
  if ('conjunction' in expression) {
    const left = DEMANDS.indexOf(classify(expression.left))
    const right = DEMANDS.indexOf(classify(expression.right))
    const index = expression.conjunction === 'or' ? Math.min(left, right) : Math.max(left, right)
    return DEMANDS[index] ?? 'invalid'
  }
  // With such an exception (Classpath, GCC runtime) linking does not spread the licence.
  const hasException = expression.exception !== undefined
  if (STRONG_COPYLEFT.test(expression.license)) return hasException ? 'weak_copyleft' : 'strong_copyleft'
  return WEAK_COPYLEFT.test(expression.license) ? 'weak_copyleft' : 'permissive'
}

/**
 * The licence a manifest names, as one expression. Reads the two forms npm gave up long ago as well:
 * `{"type": "MIT"}` and a list of those, any of which may be chosen.
 */
export function licenceOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  const single = fields['license'] ?? fields['licence']
  const named = asText(single) ?? asText(asRecord(single)['type'])
  if (named !== undefined && named.trim() !== '') return named
  const several = Array.isArray(fields['licenses']) ? fields['licenses'] : []
  const names = several.flatMap((entry: unknown) => asText(entry) ?? asText(asRecord(entry)['type']) ?? [])
  return names.length > 0 ? names.join(' OR ') : undefined
}
