import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const FOLDER = process.env['AMOS_DATASETS'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

/** Why a file of the data sets cannot be read, in a sentence; undefined where it is there. */
export function absenceOf(file: string): string | undefined {
  const path = join(FOLDER, file)
  return existsSync(path)
    ? undefined
    : `${path} is not there; AMOS_DATASETS names the folder of the data sets`
}

/** The lines of a gzipped text file of the data sets, without empty ones. */
export function linesOf(file: string): string[] {
  const text = gunzipSync(readFileSync(join(FOLDER, file))).toString('utf8')
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** A text file of the data sets. */
export function textOf(file: string): string {
  return readFileSync(join(FOLDER, file), 'utf8')
}
