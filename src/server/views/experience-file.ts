import type { ExperienceView } from '#contract/learning.ts'

export type ExperienceFormat = 'csv' | 'jsonl'

const COLUMNS = [
  'sequence',
  'at',
  'source',
  'type',
  'outcome',
  'taskId',
  'agentId',
  'method',
  'durationMs',
  'cost',
] as const

/** Finished work as a file. */
export function experienceFile(format: ExperienceFormat, experiences: readonly ExperienceView[]): string {
  if (format === 'csv') return writeCsv(experiences)
  return experiences.map((experience) => `${JSON.stringify(experience)}\n`).join('')
}

/** RFC 4180, with a column for each feature that any experience has. */
function writeCsv(experiences: readonly ExperienceView[]): string {
  const features = [
    ...new Set(experiences.flatMap((experience) => Object.keys(experience.features))),
  ].toSorted()
  const header = [...COLUMNS, ...features.map((name) => `feature.${name}`)]
  const rows = experiences.map((experience) => [
    ...COLUMNS.map((column) => experience[column]),
    ...features.map((name) => experience.features[name]),
  ])
  return [header, ...rows].map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('')
}

function cellOf(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
