import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const FOLDER = process.env['AMOS_DATASETS'] ?? new URL('../../../shared/data', import.meta.url).pathname

/** Where a file of the public data sets is; `AMOS_DATASETS` names their folder. */
function datasetPath(name: string): string {
  return `${FOLDER}/${name}`
}

/** Why a data set cannot be used here; undefined where it can. */
export function datasetAbsence(name: string): string | undefined {
  const path = datasetPath(name)
  return existsSync(path)
    ? undefined
    : `${path} is not there; AMOS_DATASETS names the folder of the data sets`
}

/** The text of a data set, unpacked where its name ends in `.gz`. */
export function readDataset(name: string): string {
  const bytes = readFileSync(datasetPath(name))
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}
