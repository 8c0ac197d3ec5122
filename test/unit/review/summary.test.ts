import { describe, expect, it } from 'vitest'
import {
  type Finding,
  finding,
  RULES,
  type Severity,
  TEXT_CHARS_MAX,
} from '../../../examples/code-review/review/finding.ts'
import {
  ALL_KINDS,
  isReviewKind,
  kindsFor,
  REVIEW_KINDS,
} from '../../../examples/code-review/review/kinds.ts'
import { rankFindings } from '../../../examples/code-review/review/rank.ts'
import {
  FINDINGS_PER_REVIEW_MAX,
  planReviews,
  type Review,
  reviewFile,
} from '../../../examples/code-review/review/review.ts'
import {
  buildReport,
  FINDINGS_PER_FILE_MAX,
  summariseFile,
} from '../../../examples/code-review/review/summary.ts'
import { openTree } from '../../../examples/code-review/review/tree.ts'
import { branchy, plant } from './review-tree.ts'

function found(path: string, severity: Severity, rule: Finding['rule'] = 'broken_link', line = 1): Finding {
  return finding({ rule, severity, path, line, message: `${rule} at ${line}` })
}

function reviewed(
  path: string,
  kind: Review['kind'],
  findings: readonly Finding[],
  omittedCount = 0,
): Review {
  return { path, kind, wasRead: true, findings, omittedCount }
}

describe('rankFindings', () => {
  const findings = [
    found('b', 'low'),
    found('a', 'low'),
    found('a', 'low', 'long_function'),
    found('c', 'high', 'private_key'),
    found('c', 'medium', 'complex_function'),
    found('a', 'low'),
  ]

  it('puts the worst first, then what is most widespread, then goes by place', () => {
    expect(rankFindings(findings).map(({ rank, rule, path, spread }) => [rank, rule, path, spread])).toEqual([
      [1, 'private_key', 'c', 1],
      [2, 'complex_function', 'c', 1],
      [3, 'broken_link', 'a', 2],
      [4, 'broken_link', 'b', 2],
      [5, 'long_function', 'a', 1],
    ])
  })

  it('does not depend on the order of the findings', () => {
    expect(rankFindings(findings.toReversed())).toEqual(rankFindings(findings))
  })
})

describe('summariseFile', () => {
  it('joins all reviews of a file in one verdict', () => {
    const verdict = summariseFile('a', [
      reviewed('a', 'secrets', [], 2),
      reviewed('a', 'links', [found('a', 'low'), found('a', 'medium', 'broken_anchor')]),
    ])
    expect(verdict).toMatchObject({
      path: 'a',
      verdict: 'attention',
      counts: { high: 0, medium: 1, low: 1, info: 0 },
      reviewedFor: ['links', 'secrets'],
      omittedCount: 2,
    })
    expect(verdict.findings.map(({ rule }) => rule)).toEqual(['broken_anchor', 'broken_link'])
  })

  it('tells notes from clean files', () => {
    expect(summariseFile('a', [reviewed('a', 'links', [found('a', 'info')])]).verdict).toBe('notes')
    expect(summariseFile('a', [reviewed('a', 'links', [])]).verdict).toBe('clean')
  })

  it('stays below 128 KiB however much there is to say', () => {
    const text = '界'.repeat(1_000)
    const many = Array.from({ length: 500 }, (_, index) =>
      finding({
        rule: 'broken_link',
        severity: 'low',
        path: 'a',
        line: index,
        message: text,
        evidence: text,
      }),
    )
    expect(many[0]?.message).toHaveLength(TEXT_CHARS_MAX)
    const verdict = summariseFile('a', [reviewed('a', 'links', many)])
    expect(verdict.findings).toHaveLength(FINDINGS_PER_FILE_MAX)
    expect(verdict.omittedCount).toBe(500 - FINDINGS_PER_FILE_MAX)
    expect(Buffer.byteLength(JSON.stringify(verdict))).toBeLessThan(128 * 1024)
  })
})

describe('buildReport', () => {
  it('counts files, severities and rules, and names the worst files', () => {
    const report = buildReport([
      summariseFile('a', [reviewed('a', 'links', [found('a', 'medium')])]),
      summariseFile('b', [reviewed('b', 'links', [found('b', 'high', 'private_key'), found('b', 'medium')])]),
      summariseFile('c', [reviewed('c', 'links', [])]),
    ])
    expect(report).toMatchObject({
      filesReviewed: 3,
      filesClean: 1,
      counts: { high: 1, medium: 2, low: 0, info: 0 },
      worstFiles: ['b', 'a'],
      omittedCount: 0,
    })
    expect(report.rules.map(({ rule, findingCount, fileCount }) => [rule, findingCount, fileCount])).toEqual([
      ['broken_link', 2, 2],
      ['private_key', 1, 1],
    ])
    expect(report.findings.map(({ rank }) => rank)).toEqual([1, 2, 3])
  })
})

describe('review kinds', () => {
  it('give each file the reviews that fit it', () => {
    expect(kindsFor('src/a.ts')).toEqual(['complexity', 'secrets', 'duplication'])
    expect(kindsFor('src/a.d.ts')).toEqual(['secrets'])
    expect(kindsFor('package.json')).toEqual(['secrets', 'dependencies'])
    expect(kindsFor('README.md')).toEqual(['secrets', 'links'])
  })

  it('have a capability each, and every rule belongs to one', () => {
    expect(ALL_KINDS.map((kind) => REVIEW_KINDS[kind].capability)).toEqual(
      ALL_KINDS.map((kind) => `review.${kind}`),
    )
    for (const { kind } of Object.values(RULES)) expect(isReviewKind(kind)).toBe(true)
    expect(isReviewKind('toString')).toBe(false)
  })
})

describe('reviewFile', () => {
  it('runs every planned review of a tree, and the same again with the same result', async () => {
    const tree = await openTree(
      plant({ 'a.js': branchy('f', 12), 'README.md': '[x](gone.md)\n', 'package.json': '{' }),
    )
    const run = async () => {
      const reviews: Review[] = []
      for (const { path, kinds } of planReviews(tree))
        for (const kind of kinds) reviews.push(await reviewFile(tree, path, kind))
      return reviews
    }
    const reviews = await run()
    expect(reviews).toHaveLength(7)
    expect(reviews.flatMap(({ findings }) => findings.map(({ rule }) => rule))).toEqual([
      'broken_link',
      'complex_function',
      'invalid_manifest',
    ])
    expect(await run()).toEqual(reviews)
  })

  it('answers for a file that has vanished', async () => {
    const tree = await openTree(plant({ 'a.js': '' }))
    expect(await reviewFile(tree, 'b.js', 'secrets')).toEqual({
      path: 'b.js',
      kind: 'secrets',
      wasRead: false,
      findings: [],
      omittedCount: 0,
    })
  })

  it('keeps the worst findings when there are too many', async () => {
    const functions = Array.from({ length: 60 }, (_, index) =>
      branchy(`f${index}`, index === 59 ? 30 : 11),
    ).join('')
    const tree = await openTree(plant({ 'a.js': functions }))
    const { findings, omittedCount } = await reviewFile(tree, 'a.js', 'complexity')
    expect(findings).toHaveLength(FINDINGS_PER_REVIEW_MAX)
    expect(findings[0]?.severity).toBe('medium')
    expect(omittedCount).toBe(10)
  })
})
