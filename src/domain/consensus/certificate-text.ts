import { CertificateDefect } from './certificate-json.ts'

/** A string, a number or a punctuation mark of a JSON text; nothing else matters here. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[{}[\],:]/g
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]*)$/

/**
 * Parses the JSON text of a certificate, and refuses what two readers could read in two ways: an object that names a
 * member twice, and a number in another form than that of a whole number (`1.0`, `1e0`, `-0`).
 *
 * @throws CertificateDefect
 */
export function parseCertificateText(text: string): unknown {
  const json = parse(text)
  // The names of the object that is open, for each object or list around the place; undefined for a list.
  const around: (Set<string> | undefined)[] = []
  let previous = ''
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{') around.push(new Set())
    else if (token === '[') around.push(undefined)
    else if (token === '}' || token === ']') around.pop()
    else if (token === ':') addName(around.at(-1), previous)
    else if (/^[-0-9]/.test(token) && !WHOLE_NUMBER.test(token))
      throw new CertificateDefect('a number is not written as a whole number')
    previous = token
  }
  return json
}

function addName(names: Set<string> | undefined, token: string): void {
  const name = JSON.parse(token) as string
  if (names?.has(name) === true) throw new CertificateDefect('a member is named twice')
  names?.add(name)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CertificateDefect('the text is not JSON', { cause: error })
  }
}
