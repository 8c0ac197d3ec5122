import type { Arc, AssignmentProblem } from '#domain/distribution/auction/assignment-problem.ts'
import { solveAssignment } from '#domain/distribution/auction/solve-assignment.ts'
import { datasetAbsence, readDataset } from '../harness/datasets.ts'
import type { Contender, Scenario } from '../harness/scenario.ts'

const FOLDER = 'orlib-assign'
const FILES = ['assign100', 'assign200', 'assign400', 'assignp800']

/** The problems of J. E. Beasley's OR-Library, whose optima are known. */
export const distributionAssignment: Scenario = {
  name: 'distribution-assignment',
  title: 'Assignment problems of the OR-Library by the ε-scaling auction',
  metrics: [
    { name: 'time', unit: 's', better: 'lower' },
    { name: 'cost above optimum', unit: '', better: 'lower' },
  ],
  baseline: 'assign100',
  contenders: FILES.map(contender),
  bars: [
    ...FILES.map((file) => ({
      contender: file,
      metric: 'cost above optimum',
      of: 'value' as const,
      limit: 0,
    })),
    { contender: 'assign400', metric: 'time', of: 'value', limit: 1 },
  ],
}

function contender(file: string): Contender {
  const name = `${FOLDER}/${file}.txt.gz`
  const absence = datasetAbsence(name)
  return {
    name: file,
    about: 'one solution a round',
    ...(absence === undefined ? {} : { absence }),
    open: async () => {
      const problem = readProblem(readDataset(name), file.startsWith('assignp'))
      const optimum = optimumOf(file)
      const round = async () => {
        const begun = performance.now()
        const solution = solveAssignment(problem, { arcScansMax: 1e10 })
        if (solution === undefined) throw new Error('the limit on the work was reached')
        return { time: (performance.now() - begun) / 1_000, 'cost above optimum': solution.cost - optimum }
      }
      return { round, close: async () => undefined }
    },
  }
}

function readProblem(text: string, isSparse: boolean): AssignmentProblem {
  const [size = 0, ...numbers] = text.trim().split(/\s+/).map(Number)
  const arcs: Arc[] = []
  if (isSparse) {
    for (let at = 0; at + 2 < numbers.length; at += 3) {
      const [row = 0, column = 0, cost = 0] = numbers.slice(at, at + 3)
      arcs.push({ row: row - 1, column: column - 1, cost })
    }
  } else {
    for (let at = 0; at < size * size; at += 1)
      arcs.push({ row: Math.floor(at / size), column: at % size, cost: numbers[at] ?? 0 })
  }
  return { rowCount: size, columnCount: size, arcs }
}

function optimumOf(file: string): number {
  const optimum = new RegExp(`^${file}\\s+(\\d+)`, 'm').exec(readDataset(`${FOLDER}/assignopt.txt`))
  return Number(optimum?.[1])
}
