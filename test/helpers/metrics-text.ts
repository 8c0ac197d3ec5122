export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Reads the text format of Prometheus. @throws Error for a line that is none of it */
export function parseMetrics(text: string): readonly Family[] {
  const families: { name: string; type: string; help: string; samples: Sample[] }[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    const current = families.at(-1)
    if (keyword === 'HELP') families.push({ name, type: '', help: rest, samples: [] })
    else if (current === undefined) throw new Error(`before the first HELP: ${line}`)
    else if (keyword === 'TYPE') current.type = rest
    else current.samples.push(parseSample(line))
  }
  return families
}

function parseSample(line: string): Sample {
  const [, name = '', labels = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === '') throw new Error(`no sample: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [
    label,
    text,
  ])
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }
}

const OTHER_UNITS =
  /(?:^|_)(?:ms|milliseconds|us|microseconds|minutes|hours|kb|kilobytes|mb|mib|percent)(?:_|$)/

/** What `promtool check metrics` complains about, and what our own conventions add. */
export function lintMetrics(families: readonly Family[]): readonly string[] {
  const found = families.flatMap((family) => lintFamily(family).map((what) => `${family.name} ${what}`))
  const names = families.map(({ name }) => name)
  return [
    ...found,
    ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} comes twice`),
  ]
}

function lintFamily({ name, type, help, samples }: Family): readonly string[] {
  const wrong: string[] = []
  const isBucketed = type === 'histogram'
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)))
  const keys = samples.map((sample) => `${sample.name} ${JSON.stringify(sample.labels)}`)
  if (help === '') wrong.push('has no help')
  if (!['counter', 'gauge', 'histogram', 'summary'].includes(type)) wrong.push(`has the type ${type}`)
  if ((type === 'counter') !== name.endsWith('_total')) wrong.push(`is a ${type} by the wrong name`)
  if (/_(?:count|sum|bucket)$/.test(name)) wrong.push('has a name of a part')
  if (/_(?:counter|gauge|histogram|summary)(?:_|$)/.test(name)) wrong.push('names its type')
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) wrong.push('is not in snake case')
  if (OTHER_UNITS.test(name)) wrong.push('is not in a base unit')
  if (labels.has('quantile') && type !== 'summary') wrong.push('has a label quantile and is no summary')
  if (labels.has('le') && !isBucketed) wrong.push('has a label le and is no histogram')
  if ([...labels].some((label) => !/^[a-z][a-z0-9_]*$/.test(label)))
    wrong.push('has a label not in snake case')
  if (new Set(keys).size !== keys.length) wrong.push('has a series twice')
  if (isBucketed && !areBucketsSound(name, samples)) wrong.push('has buckets that do not add up')
  return wrong
}

/** In each series: growing counts, and the last bucket is the count. */
function areBucketsSound(name: string, samples: readonly Sample[]): boolean {
  const series = new Map<string, { last: number; isInfinite: boolean }>()
  for (const sample of samples) {
    const { le, ...others } = sample.labels
    const key = JSON.stringify(others)
    if (sample.name === `${name}_bucket`) {
      if (sample.value < (series.get(key)?.last ?? 0)) return false
      series.set(key, { last: sample.value, isInfinite: le === '+Inf' })
    } else if (sample.name === `${name}_count`) {
      const known = series.get(key)
      if (known?.isInfinite !== true || known.last !== sample.value) return false
    }
  }
  return true
}
