import type { TaskSubmitInput } from '#contract/index.ts'
import { OPAQUE, type OpaqueShape } from '#contract/json/opaque-shape.ts'
import { CommandError, EXIT_CODES } from '#node/exit-codes.ts'
import { type RawJson, rawJson } from '#sdk/index.ts'
import { readJson } from '#sdk/json/exact-texts.ts'
import { exactJson } from '../output/exact-json.ts'

const TASK_LIST: OpaqueShape = { items: { members: new Map([['payload', OPAQUE]]) } }

/** @param name of the option or file, for people. @throws CommandError where the text is no JSON */
export function parseJson(text: string, name: string): unknown {
  return orUsageError(name, () => JSON.parse(text) as unknown)
}

/** JSON that is sent as it stands. @throws CommandError where the text is no JSON */
export function parseRawJson(text: string, name: string): RawJson {
  return orUsageError(name, () => rawJson(text))
}

/** A list of tasks, of which each payload is sent as it stands. @throws CommandError where the text is no list */
export function parseTaskList(text: string, name: string): TaskSubmitInput[] {
  const tasks = orUsageError(name, () => exactJson(readJson(text, TASK_LIST)))
  if (Array.isArray(tasks)) return tasks as TaskSubmitInput[]
  throw new CommandError(`${name}: not a JSON list of tasks`, EXIT_CODES.usage)
}

function orUsageError<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new CommandError(`${name}: ${(error as Error).message}`, EXIT_CODES.usage)
  }
}
