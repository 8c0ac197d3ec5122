import { jsonText } from '#domain/model/ids.ts'

/** What every simulated agent completes its tasks with. */
export const RESULT = jsonText('"done"')
