import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { type Config, type ConfigKey, ConfigSchema } from './schema.ts'

/** Exit code of a wrong configuration (EX_CONFIG of sysexits.h). */
export const CONFIG_EXIT_CODE = 78

/** Names every wrong setting at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`wrong configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** The settings of a process, and which of them somebody chose. */
export interface ReadConfig {
  readonly config: Config
  readonly chosen: ReadonlySet<ConfigKey>
  /** Variables that look like settings and are none: misspelt, most likely. */
  readonly unknown: readonly string[]
}

/** Reads the settings, options of the command line before the environment. @throws ConfigError */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  overrides: Partial<Record<ConfigKey, string>> = {},
): ReadConfig {
  const problems: string[] = []
  const unknown: string[] = []
  const raw: Record<string, unknown> = {}
  for (const [name, text] of Object.entries({ ...environment, ...overrides })) {
    if (!name.startsWith('AMOS_') || CLIENT_VARIABLES.has(name) || text === undefined || text === '') continue
    if (!isConfigKey(name)) unknown.push(name)
    else raw[name] = isNumeric(name) && /^-?\d+$/.test(text) ? Number(text) : text
  }
  const chosen = new Set(Object.keys(raw).filter(isConfigKey))
  const config = Value.Default(ConfigSchema, raw)
  for (const { path, value } of Value.Errors(ConfigSchema, config)) {
    const name = path.slice(1)
    if (isConfigKey(name)) problems.push(`${name}: ${wanted(name)}, not ${JSON.stringify(value)}`)
  }
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  return { config: Value.Decode(ConfigSchema, config), chosen, unknown }
}

/** Read by clients of a server: the command line, agents, examples. */
const CLIENT_VARIABLES: ReadonlySet<string> = new Set([
  'AMOS_URL',
  'AMOS_API_KEY',
  'AMOS_SWARM',
  'AMOS_DATASETS',
  'AMOS_SEED',
])

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
  return schema['pattern'] === undefined ? 'text' : `text that matches ${schema['pattern']}`
}

function choicesOf(schema: TSchema): readonly string[] {
  return (schema['anyOf'] as readonly { readonly const: string }[]).map((choice) => choice.const)
}
