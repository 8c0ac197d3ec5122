/** Usage: node check-asyncapi.js asyncapi.json. Prints what the parser objects to; errors give exit code 1. */
import { readFile } from 'node:fs/promises'
import { Parser } from '@asyncapi/parser'

/** As in the parser's diagnostics: 0 is an error, 1 a warning. */
const ERROR = 0

const [path] = process.argv.slice(2)
const { document, diagnostics } = await new Parser().parse(await readFile(path, 'utf8'))
for (const { severity, message, path: where } of diagnostics) {
  if (severity <= 1)
    console.error(`${severity === ERROR ? 'error' : 'warning'} ${where.join('.')}: ${message}`)
}
if (document === undefined || diagnostics.some(({ severity }) => severity === ERROR)) process.exit(1)
console.log(`${path}: AsyncAPI ${document.version()} is valid`)
