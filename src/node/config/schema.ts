import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from '#contract/limits.ts'
import { MEMORY_SETTINGS } from './memory-settings.ts'

const milliseconds = (description: string, defaultMs: number, minimum: number, maximum: number) =>
  Type.Integer({ default: defaultMs, minimum, maximum, description: `${description}, in milliseconds.` })

const DAY_MS = 86_400_000

/** Origins as browsers send them: without a path, and each named. `*` and `null` would stand for any page. */
const ORIGIN = '[a-z][a-z0-9+.-]*://[^/,\\s*]+'
const ORIGINS_PATTERN = `^(?:${ORIGIN}(?:, *${ORIGIN})*)?$`

/** Everything a server can be set to, by environment variables of these names. */
export const ConfigSchema = Type.Object(
  {
    AMOS_HOST: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'Address to listen on. Any other than loopback needs `AMOS_API_KEYS`.',
    }),
    AMOS_PORT: Type.Integer({
      default: 3000,
      minimum: 0,
      maximum: 65_535,
      description: 'Port; 0 takes a free one.',
    }),
    AMOS_DATA_DIR: Type.String({
      default: './amos-data',
      minLength: 1,
      description:
        'Directory of the embedded store; one process at a time. With Redis the server keeps there which stores it has ' +
        'served, so the directory has to survive a restart.',
    }),
    AMOS_REDIS_URL: Type.Optional(
      Type.String({
        pattern: '^rediss?://',
        description:
          'Redis to share with other nodes, for instance `redis://127.0.0.1:6379`. Unset: embedded store.',
      }),
    ),
    AMOS_DURABILITY: Type.Union([Type.Literal('synced'), Type.Literal('committed'), Type.Literal('none')], {
      default: 'synced',
      description:
        'What an accepted write survives: `synced` a power failure, `committed` a kill of the process. With Redis the ' +
        'server refuses to start, and stops taking writes while it runs, where Redis gives less: `synced` needs ' +
        '`appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`, `committed` needs the same without ' +
        '`appendfsync always`. Unset, a server on Redis needs `committed` and answers with what Redis gives. `none` ' +
        '(Redis only) accepts any Redis, and every answer says `none`.',
    }),
    AMOS_LOST_TAIL_MAX_MS: milliseconds(
      'How much of its newest data Redis may lose when it is killed under the durability `committed`, before the ' +
        'server calls the store lost',
      5_000,
      0,
      600_000,
    ),
    AMOS_ACCEPT_STORE_LOSS: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9-]{1,64}$',
        description:
          'Id of a store on Redis whose loss the operator accepts: the server goes on with what Redis has now. ' +
          'Another loss is not accepted.',
      }),
    ),
    AMOS_START_CHECK_MIB_MAX: Type.Integer({
      default: 4_096,
      minimum: 0,
      maximum: 1_048_576,
      description:
        'Largest embedded store whose pages are all checked when the server starts, in MiB (2 ms of one core each). ' +
        'Of a larger one only the size and the meta pages are checked; `amos doctor` checks all of it.',
    }),
    AMOS_API_KEYS: Type.Optional(
      Type.String({
        minLength: 2,
        description:
          'Path of a JSON file, or the JSON itself: `[{"name","tenant","roles":["viewer"|"submitter"|"operator"|"admin"|"monitor"],"key"}]`. ' +
          'The server reads the file again on SIGHUP. Unset: no credentials, on loopback only; set to an empty text: refused.',
      }),
    ),
    AMOS_ALLOWED_ORIGINS: Type.String({
      default: '',
      pattern: ORIGINS_PATTERN,
      description:
        'Comma-separated origins of web pages on other hosts that may use the server from a browser, for instance `https://console.example.org`.',
    }),
    AMOS_LOG_LEVEL: Type.Union(
      (['error', 'warn', 'info', 'debug', 'silent'] as const).map((level) => Type.Literal(level)),
      { default: 'info', description: 'Least urgent level that is logged.' },
    ),
    AMOS_LEASE_MS: milliseconds(
      'How long an agent may hold a task without a sign of life; the default of swarms that do not say',
      10_000,
      LIMITS.leaseMsMin,
      LIMITS.leaseMsMax,
    ),
    AMOS_RECONNECT_GRACE_MS: milliseconds(
      "From the close of an agent's channel until its tasks go to others",
      1_000,
      0,
      60_000,
    ),
    AMOS_MAX_ATTEMPTS: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: LIMITS.attemptsMax,
      description: 'Tries of a task that does not say, before it is a dead letter.',
    }),
    AMOS_UNDELIVERED_MAX: Type.Integer({
      default: 10,
      minimum: 0,
      maximum: 1_000,
      description:
        'Assignments of one task that no agent received and that are not counted as attempts; further ones are counted.',
    }),
    AMOS_AGING_MS: milliseconds('Waiting that is worth one level of priority', 60_000, 1_000, DAY_MS),
    AMOS_DRAIN_NOTICE_MS: milliseconds(
      'How long a server that got SIGTERM takes requests after `/health/ready` says 503, so that load balancers notice',
      2_000,
      0,
      600_000,
    ),
    AMOS_DRAIN_MS: milliseconds('How long a stopping server waits for answers under way', 5_000, 0, 600_000),
    AMOS_OPEN_TASKS_MAX: Type.Integer({
      default: 200_000,
      minimum: 1,
      maximum: 10_000_000,
      description:
        'Unfinished tasks a swarm takes before it answers 429; the default of swarms that do not say.',
    }),
    ...MEMORY_SETTINGS,
    AMOS_OPEN_PROPOSALS_MAX: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 10_000,
      description: 'Proposals of a swarm that may be under way at once.',
    }),
    AMOS_DECISION_PATIENCE_MS: Type.Integer({
      default: 30_000,
      minimum: 0,
      maximum: 3_600_000,
      description:
        'How long after its deadline a proposal waits for the agreement of a quorum, in milliseconds; then it is `undecided`.',
    }),
    AMOS_INBOX_MESSAGES_MAX: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 100_000,
      description: 'Durable messages that may wait for one agent.',
    }),
    AMOS_TRAIL_SETS_MAX: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 100_000,
      description: 'Trail sets of one swarm.',
    }),
    AMOS_TRAIL_EDGES_MAX: Type.Integer({
      default: 100_000,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Edges of one trail set that have a deposit which still counts.',
    }),
    AMOS_AGENTS_MAX: Type.Integer({
      default: 20_000,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Agents a swarm registers before it answers 429; the default of swarms that do not say.',
    }),
    AMOS_EVENTS_MAX: Type.Integer({
      default: 1_000_000,
      minimum: 1_000,
      maximum: 100_000_000,
      description: 'Events a swarm keeps; the default of swarms that do not say.',
    }),
    AMOS_SWARMS_MAX: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 10_000,
      description: 'Swarms of one tenant.',
    }),
    AMOS_TASK_RETENTION_MS: milliseconds(
      'How long finished tasks can be read',
      7 * DAY_MS,
      60_000,
      3_650 * DAY_MS,
    ),
    AMOS_FINISHED_TASKS_MAX: Type.Integer({
      default: 1_000_000,
      minimum: 0,
      maximum: 1_000_000_000,
      description:
        'Finished tasks that a swarm keeps; the oldest leave first, within 10 seconds. The server removes a finished task ' +
        'by age or by count, whichever comes first.',
    }),
    AMOS_EVENT_RETENTION_MS: milliseconds('How long events can be read', 7 * DAY_MS, 60_000, 3_650 * DAY_MS),
    AMOS_REMOVED_AGENT_RETENTION_MS: milliseconds(
      'How long a removed agent is remembered. Until then its process ends with the reason when it connects, instead of registering itself anew',
      7 * DAY_MS,
      60_000,
      3_650 * DAY_MS,
    ),
    AMOS_IDEMPOTENCY_MS: milliseconds(
      'How long an Idempotency-Key is remembered',
      DAY_MS,
      DAY_MS,
      30 * DAY_MS,
    ),
    AMOS_BREAKER_FAILURES_MAX: Type.Integer({
      default: 5,
      minimum: 1,
      maximum: 1_000,
      description: 'Failures in a row after which an agent gets no work for a while.',
    }),
    AMOS_BREAKER_COOLDOWN_MS: milliseconds('How long that while is', 10_000, 100, DAY_MS),
    AMOS_REQUESTS_PER_SECOND_MAX: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Requests a second of one client or agent, past which it gets 429; 0 for any number.',
    }),
    AMOS_CONNECTIONS_MAX: Type.Integer({
      default: 20_000,
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Connections of this node. When it is reached, the oldest connection without a valid credential is closed.',
    }),
    AMOS_METRIC_SWARMS_MAX: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 10_000,
      description:
        'Swarms with time series of their own in `/metrics`; further swarms are counted together as `other`.',
    }),
    AMOS_METRIC_TASK_TYPES_MAX: Type.Integer({
      default: 50,
      minimum: 1,
      maximum: 1_000,
      description:
        'Types of tasks of one swarm with time series of their own; further types are counted together as `other`.',
    }),
    AMOS_WAITING_REQUESTS_MAX: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Requests of one tenant that may wait while the node serves several tenants, past which it gets 429.',
    }),
    AMOS_ANONYMOUS_CONNECTIONS_MAX: Type.Integer({
      default: 256,
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Connections of this node that have shown no valid credential for a second, past which the oldest are closed.',
    }),
    AMOS_ANONYMOUS_CONNECTIONS_PER_ADDRESS_MAX: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1_000_000,
      description: 'The same for the connections of one address; of one /64 network with IPv6.',
    }),
    AMOS_WRONG_CREDENTIALS_PER_MINUTE_MAX: Type.Integer({
      default: 60,
      minimum: 0,
      maximum: 1_000_000,
      description:
        'Wrong credentials a minute of one address, past which its requests with another credential than it used ' +
        'before get 429; 0 for any number.',
    }),
    AMOS_FIND_COORDINATOR_MS: milliseconds(
      'How long a request waits for a node that coordinates its swarm before it gets 503, for instance during a takeover',
      900,
      100,
      10_000,
    ),
    AMOS_REBALANCE_AFTER_MS: milliseconds(
      'How long the set of nodes must be unchanged before swarms move to nodes that coordinate fewer',
      5_000,
      0,
      600_000,
    ),
    AMOS_EVENT_LOOP_DELAY_MAX_MS: milliseconds(
      'Mean delay of the event loop past which requests get 503',
      1_000,
      50,
      60_000,
    ),
  },
  { additionalProperties: false },
)

export type Config = Static<typeof ConfigSchema>
export type ConfigKey = keyof Config
