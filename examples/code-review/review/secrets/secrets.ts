import { extname } from 'node:path/posix'
import { type Finding, finding, type Severity } from '../finding.ts'
import { isMarkdown, isSamplePath, isTestPath } from '../path-class.ts'
import type { ReviewInput } from '../review-input.ts'
import { LineIndex } from '../source/lines.ts'
import { CREDENTIAL_FORMATS, isGenuine } from './formats.ts'
import { isPlaceholder, mask } from './placeholders.ts'
import { looksRandom } from './randomness.ts'

type Rule = Extract<
  Finding['rule'],
  'leaked_credential' | 'private_key' | 'secret_assignment' | 'url_password'
>

interface Leak {
  readonly rule: Rule
  readonly severity: Severity
  readonly offset: number
  readonly value: string
  readonly message: string
}

/** Credentials left in a text. In tests and documentation they are mostly made up, so they weigh less there. */
export async function reviewSecrets({ path, text }: ReviewInput): Promise<readonly Finding[]> {
  const lines = new LineIndex(text)
  const leaks = [...findCredentials(text), ...findPrivateKeys(text), ...findUrlPasswords(text)]
  for (const leak of findAssignments(path, text)) {
    // A known format says more about the same value.
    const isKnown = leaks.some(
      ({ offset, value }) => leak.offset < offset + value.length && offset < leak.offset + leak.value.length,
    )
    if (!isKnown) leaks.push(leak)
  }
  return leaks.map(({ rule, severity, offset, value, message }) =>
    finding({
      rule,
      severity: isMadeUpPlace(path) ? 'low' : severity,
      path,
      line: lines.lineAt(offset),
      message,
      evidence: mask(value),
    }),
  )
}

function isMadeUpPlace(path: string): boolean {
  return isTestPath(path) || isSamplePath(path) || isMarkdown(path)
}

function findCredentials(text: string): Leak[] {
  const leaks: Leak[] = []
  for (const format of CREDENTIAL_FORMATS) {
    for (const { 0: value, index: offset } of text.matchAll(format.pattern)) {
      if (isPlaceholder(value) || !isGenuine(format, value)) continue
      const { label, severity } = format
      leaks.push({
        rule: 'leaked_credential',
        severity,
        offset,
        value,
        message: `holds what looks like a ${label}`,
      })
    }
  }
  return leaks
}

/** The header, then at least two lines' worth of base64; in source the line ends may be written as `\n`. */
const PRIVATE_KEY =
  /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?)-----(?:\s|\\[nr]|["'`+,])*(?:[A-Za-z0-9-]+: [^\n]*\s*)*(?:[A-Za-z0-9+/=]|\s|\\[nr]|["'`+,]){64,}/g

function findPrivateKeys(text: string): Leak[] {
  const leaks: Leak[] = []
  for (const { 0: value, 1: label, index: offset } of text.matchAll(PRIVATE_KEY)) {
    // Source code about keys quotes the header too; only a key has a long run of base64 after it.
    if (!/[A-Za-z0-9+/=]{40,}/.test(value)) continue
    const message = `holds a private key block (${label})`
    leaks.push({ rule: 'private_key', severity: 'high', offset, value: value.trimEnd(), message })
  }
  return leaks
}

const URL_PASSWORD =
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/([^\s:/?#@"'`<>()[\]{}|\\]{1,64}):([^\s:/?#@"'`<>()[\]{}|\\]{6,128})@([\w.-]+)/g
const WELL_KNOWN_PASSWORDS =
  /^(?:pass|pwd|password|passwd|secret|postgres|mysql|root|admin|guest|user|test|demo|local)/i

function findUrlPasswords(text: string): Leak[] {
  const leaks: Leak[] = []
  for (const { 0: url, 2: password = '', 3: host = '', index } of text.matchAll(URL_PASSWORD)) {
    const isDocumentation = /(?:^|\.)(?:example|test|invalid|localhost)(?:\.[a-z]+)?$|^127\./.test(host)
    if (isDocumentation || isPlaceholder(url) || WELL_KNOWN_PASSWORDS.test(password)) continue
    const message = `holds a password for ${host} inside a URL`
    const offset = index + url.lastIndexOf(`:${password}@`) + 1
    leaks.push({ rule: 'url_password', severity: 'high', offset, value: password, message })
  }
  return leaks
}

// Starts and lengths are bounded: without that, text made for the purpose takes quadratic time.
const SECRET_NAME =
  '[\\w.-]{0,64}(?:secret|passw(?:or)?d|passphrase|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?(?:[_-]?(?:key|value|id))?'
const QUOTED = new RegExp(
  `(?<![\\w.-])(["'\`]?)(${SECRET_NAME})\\1\\s*(?::|=>?|:=)\\s*(["'\`])([^"'\`\\s]{8,256})\\3`,
  'gi',
)
const BARE = new RegExp(
  `^[ \\t]*(?:export[ \\t]+|-[ \\t]+)?()(${SECRET_NAME})[ \\t]*[:=][ \\t]*()([^\\s"'\`#;]{8,256})[ \\t]*$`,
  'gim',
)
const BARE_EXTENSIONS = new Set(['.env', '.ini', '.cfg', '.conf', '.properties', '.toml', '.yml', '.yaml'])

function findAssignments(path: string, text: string): readonly Leak[] {
  const isSettings = BARE_EXTENSIONS.has(extname(path)) || /(?:^|\/)\.env(?:\.|$)/.test(path)
  const leaks: Leak[] = []
  for (const pattern of isSettings ? [QUOTED, BARE] : [QUOTED]) {
    for (const { 0: all, 2: name = '', 4: value = '', index } of text.matchAll(pattern)) {
      if (!looksRandom(value) || isPlaceholder(value) || isPublicValue(name, value)) continue
      const message = `${name} is set to a random-looking literal`
      const offset = index + all.lastIndexOf(value)
      leaks.push({ rule: 'secret_assignment', severity: 'medium', offset, value, message })
    }
  }
  return leaks
}

/** Digests, versions, addresses and names of things are random-looking, and no secret. */
function isPublicValue(name: string, value: string): boolean {
  return (
    /public|hash|digest|checksum|integrity|fingerprint|token[_-]?(?:type|kind|name|url|uri|endpoint)/i.test(
      name,
    ) ||
    /^(?:sha\d{3}|md5)[-:]|^\d+\.\d+\.\d+|^(?:https?|wss?|file|data|urn|opaquelocktoken):|^[./~@]|\.(?:[jt]sx?|json|ya?ml|md|pem|key|crt)$/i.test(
      value,
    ) ||
    /[()\\]|^[a-z]+(?:[A-Z][a-z]+)+\d*$/.test(value)
  )
}
