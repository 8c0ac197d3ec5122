import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { type Config, type ConfigKey, ConfigSchema } from './schema.ts'
import { unknownSettings } from './unknown-settings.ts'

/** Names every wrong setting at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`wrong configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, options)
    this.problems = problems
  }
}

/** The settings of a process, and which of them somebody chose. */
export interface ReadConfig {
  readonly config: Config
  readonly chosen: ReadonlySet<ConfigKey>
}

/** Reads the settings, options of the command line before the environment. @throws ConfigError */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  overrides: Partial<Record<ConfigKey, string>> = {},
): ReadConfig {
  const given = Object.entries({ ...environment, ...overrides }).filter(isSet)
  const problems: string[] = [
    ...unknownSettings(
      given.map(([name]) => name),
      KNOWN_NAMES,
    ),
  ]
  const raw: Record<string, unknown> = {}
  for (const [name, text] of given) {
    if (!isConfigKey(name)) continue
    // An empty text stands for the default. A setting without a default would be switched off by it without a word.
    if (text === '' && hasDefault(name)) continue
    raw[name] = isNumeric(name) && /^-?\d+$/.test(text) ? Number(text) : text
  }
  const chosen = new Set(Object.keys(raw).filter(isConfigKey))
  if (environment['AMOS_API_KEY'] !== undefined && !chosen.has('AMOS_API_KEYS'))
    problems.push(CLIENT_KEY_ONLY)
  const config = Value.Default(ConfigSchema, raw)
  for (const { path, value } of Value.Errors(ConfigSchema, config)) {
    const name = path.slice(1)
    if (isConfigKey(name)) problems.push(`${name}: ${wanted(name)}, not ${shown(name, value)}`)
  }
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  return { config: Value.Decode(ConfigSchema, config), chosen }
}

/** Read by clients of a server: the command line, agents, examples. */
const CLIENT_VARIABLES = ['AMOS_URL', 'AMOS_API_KEY', 'AMOS_SWARM']
/** Read by the tests and measurements of this project. */
const PROJECT_VARIABLES = [
  'AMOS_CHAOS_AGENTS',
  'AMOS_CHAOS_BACKLOG',
  'AMOS_CHAOS_CLAIMED_MS',
  'AMOS_CHAOS_LOG',
  'AMOS_CHAOS_MINUTES',
  'AMOS_CHAOS_RATE',
  'AMOS_CHAOS_SEEDS',
  'AMOS_CHAOS_SILENCE_MS',
  'AMOS_CHROMIUM',
  'AMOS_DATASETS',
  'AMOS_SEED',
  'AMOS_SEEDS',
]
const KNOWN_NAMES = [...Object.keys(ConfigSchema.properties), ...CLIENT_VARIABLES, ...PROJECT_VARIABLES]

const CLIENT_KEY_ONLY =
  "AMOS_API_KEY is the credential of clients. A server's keys are AMOS_API_KEYS: set it, or unset AMOS_API_KEY for an open server"

/** Settings that may hold a credential, which must not appear in a message. */
const SECRETS: ReadonlySet<ConfigKey> = new Set(['AMOS_API_KEYS', 'AMOS_REDIS_URL'])

function shown(name: ConfigKey, value: unknown): string {
  return SECRETS.has(name) && value !== '' ? 'the text that is set' : JSON.stringify(value)
}

function isSet(entry: readonly [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined
}

function hasDefault(name: ConfigKey): boolean {
  return ConfigSchema.properties[name].default !== undefined
}

function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(ConfigSchema.properties, name)
}

function isNumeric(name: ConfigKey): boolean {
  return ConfigSchema.properties[name].type === 'integer'
}

/** What a setting has to be, in words. */
export function wanted(name: ConfigKey): string {
  const schema: TSchema = ConfigSchema.properties[name]
  if (schema['anyOf'] !== undefined) return `one of ${choicesOf(schema).join(', ')}`
  if (schema['type'] === 'integer') return `a whole number from ${schema['minimum']} to ${schema['maximum']}`
  if (schema['pattern'] !== undefined) return `text that matches ${schema['pattern']}`
  return `text of at least ${schema['minLength'] ?? 0} characters`
}

function choicesOf(schema: TSchema): readonly string[] {
  return (schema['anyOf'] as readonly { readonly const: string }[]).map((choice) => choice.const)
}
