import { CommandError, EXIT_CODES } from '../exit-codes.ts'

/** @param name of the option or file, for people. @throws CommandError where the text is no JSON */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandError(`${name}: ${(error as Error).message}`, EXIT_CODES.usage)
  }
}
