/** One step of a Dockerfile; `words` are its arguments, in shell form or from a JSON array. */
export interface DockerStep {
  readonly instruction: string
  readonly text: string
  readonly words: readonly string[]
}

/** One `FROM … AS name` with the steps that follow it. */
export interface DockerStage {
  readonly name: string
  readonly base: string
  readonly steps: readonly DockerStep[]
}

/** Reads the part of the Dockerfile language that ours uses. @throws Error for a first step that is not FROM. */
export function parseDockerfile(source: string): DockerStage[] {
  const stages: { name: string; base: string; steps: DockerStep[] }[] = []
  for (const line of logicalLines(source)) {
    const space = line.indexOf(' ')
    const instruction = line.slice(0, space).toUpperCase()
    const text = line.slice(space + 1).trim()
    const words = text.startsWith('[') ? (JSON.parse(text) as string[]) : text.split(/\s+/)
    if (instruction === 'FROM') {
      const [base = '', , name = `stage-${stages.length}`] = words
      stages.push({ name, base, steps: [] })
      continue
    }
    const stage = stages.at(-1)
    if (!stage) throw new Error(`${instruction} comes before FROM`)
    stage.steps.push({ instruction, text, words })
  }
  return stages
}

function logicalLines(source: string): string[] {
  return source
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
