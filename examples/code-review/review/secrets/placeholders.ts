const PLACEHOLDER_WORDS =
  /example|sample|dummy|fake|placeholder|changeme|change[-_]me|replace|your|insert|redacted|removed|secret-?key|my[-_]?(?:secret|token|key|password)|not[-_]?a[-_]?(?:real|secret)|xxxx|\*\*\*|\.\.\.|…|todo|foobar|lorem|^(?:pass(?:word|wd)?|secret|token|key|test)(?![a-z])/i

/** `${NAME}`, `{{name}}`, `<name>`, `%NAME%`, `$NAME`, `#{name}`: a value someone else fills in. */
const TEMPLATE = /\$\{|\$\(|\{\{|<[^>]*>|%[A-Z_]+%|^\$[A-Za-z_]|#\{|<%|\bprocess\.env\b|\benv\./

/** Values printed in the documentation of many tools; they open nothing. */
const KNOWN_SAMPLES: readonly string[] = [
  // AWS documentation
  'AKIAIOSFODNN7',
  'wJalrXUtnFEMI/K7MDENG',
  // jwt.io
  'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c',
  'TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ',
  // Stripe documentation
  'BQokikJOvBiI2HlWgH4olfQ2',
]

/** True for values that stand in for a secret. */
export function isPlaceholder(value: string): boolean {
  if (TEMPLATE.test(value) || PLACEHOLDER_WORDS.test(value)) return true
  return KNOWN_SAMPLES.some((sample) => value.includes(sample))
}

const SHOWN_HEAD = 4
const SHOWN_TAIL = 2

/** Enough to find the value again in the file, not enough to use it. */
export function mask(value: string): string {
  if (value.length < 12) return `… (${value.length} characters)`
  return `${value.slice(0, SHOWN_HEAD)}…${value.slice(-SHOWN_TAIL)} (${value.length} characters)`
}
