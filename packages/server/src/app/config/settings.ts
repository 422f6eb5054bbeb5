import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { Secret } from './secret.js'

/** One setting: where it comes from, what it is when nothing is given, and what it means. */
export interface Setting {
  readonly env: string
  /** Long flag of the server commands, where there is one. */
  readonly flag?: string
  readonly schema: z.ZodType
  readonly default: string | number | boolean | undefined
  readonly unit?: string
  readonly secret?: boolean
  readonly description: string
}

const flagText = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1'),
])

/**
 * Every setting of the program. Read once at start from flags, then the environment, then the file
 * `fabrique.settings.json` beside the project.
 */
export const settings = {
  host: {
    env: 'FABRIQUE_HOST',
    flag: 'host',
    schema: z.string().min(1),
    default: '127.0.0.1',
    description: 'Address to listen on',
  },
  port: {
    env: 'FABRIQUE_PORT',
    flag: 'port',
    schema: z.coerce.number().int().min(0).max(65_535),
    default: 8000,
    description: 'Port of everything: pages, APIs, predictions, metrics; 0 takes a free one',
  },
  data_dir: {
    env: 'FABRIQUE_DATA_DIR',
    flag: 'data-dir',
    schema: z.string().min(1),
    default: '.fabrique',
    description: 'Folder for the database, blobs and logs; relative to the project folder',
  },
  database_url: {
    env: 'DATABASE_URL',
    schema: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must start with postgresql://')
      .transform((url) => new Secret(url)),
    default: undefined,
    secret: true,
    description: 'PostgreSQL 14 or later to use instead of the embedded one',
  },
  online: {
    env: 'FABRIQUE_ONLINE',
    schema: z
      .string()
      .regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')
      .transform((url) => new Secret(url)),
    default: undefined,
    secret: true,
    description: 'Redis or Valkey that keeps features by key, instead of PostgreSQL',
  },
  database_wait_s: {
    env: 'FABRIQUE_DATABASE_WAIT_S',
    schema: z.coerce.number().int().min(1).max(3600),
    default: limit('database.start_wait_ms') / 1000,
    unit: 's',
    description: 'Time that a start waits for the database of DATABASE_URL',
  },
  allowed_hosts: {
    env: 'FABRIQUE_ALLOWED_HOSTS',
    schema: z.string().transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
    default: '',
    description:
      'Host names this server answers to besides loopback, and whose pages may change things, separated by commas; * answers to any',
  },
  allow_open_bind: {
    env: 'FABRIQUE_ALLOW_OPEN_BIND',
    schema: flagText,
    default: false,
    description: 'Listen on other addresses than loopback although there are no users yet',
  },
  default_model: {
    env: 'FABRIQUE_DEFAULT_MODEL',
    schema: z.string().min(1),
    default: undefined,
    description: 'Model that /predict goes to; otherwise the first declared one that is served',
  },
  webhooks_allow_private: {
    env: 'FABRIQUE_WEBHOOKS_ALLOW_PRIVATE',
    schema: flagText,
    default: false,
    description: 'Let webhooks go to loopback and private addresses, and over plain http',
  },
  sources_allow_private: {
    env: 'FABRIQUE_SOURCES_ALLOW_PRIVATE',
    schema: z.union([
      z.boolean(),
      z.string().transform((text) => {
        if (/^(true|1)$/.test(text)) return true
        if (/^(false|0|)$/.test(text)) return false
        return text
          .split(',')
          .map((host) => host.trim().toLowerCase())
          .filter((host) => host !== '')
      }),
    ]),
    default: false,
    description:
      'Let HTTP sources lead to private and loopback addresses: true for all, or host names separated by commas, as files.intranet:8080',
  },
  threads: {
    env: 'FABRIQUE_THREADS',
    schema: z.coerce.number().int().min(1).max(256),
    default: undefined,
    unit: 'threads',
    description: 'Threads of training and of the data engine; all cores when not given',
  },
  python: {
    env: 'FABRIQUE_PYTHON',
    schema: z.string().min(1),
    default: undefined,
    description: 'Python for models that a script trains; otherwise .venv of the project, then python3',
  },
  trash_days: {
    env: 'FABRIQUE_TRASH_DAYS',
    schema: z.coerce.number().int().min(0).max(36_500),
    default: 90,
    unit: 'days',
    description: 'Days that deleted runs, experiments and models can be brought back; 0 keeps them for ever',
  },
  flow_runs_max: {
    env: 'FABRIQUE_FLOW_RUNS_MAX',
    schema: z.coerce.number().int().min(1).max(1_000),
    default: limit('flows.runs_max'),
    unit: 'runs',
    description: 'Runs of flows at once in one worker; the code of each runs in a process of its own',
  },
  flow_runner_memory_mb: {
    env: 'FABRIQUE_FLOW_RUNNER_MEMORY_MB',
    schema: z.coerce.number().int().min(256).max(1_048_576),
    default: 1024,
    unit: 'MB',
    description: 'Memory that the process of a run may take; one that takes more is ended, and its run told so',
  },
  flow_runs_kept_days: {
    env: 'FABRIQUE_FLOW_RUNS_KEPT_DAYS',
    schema: z.coerce.number().int().min(0).max(36_500),
    default: 30,
    unit: 'days',
    description: 'Days that runs of flows are kept once they are over; 0 keeps them for ever',
  },
  flow_logs_kept_days: {
    env: 'FABRIQUE_FLOW_LOGS_KEPT_DAYS',
    schema: z.coerce.number().int().min(0).max(36_500),
    default: 14,
    unit: 'days',
    description: 'Days that the logs of runs of flows are kept; 0 keeps them as long as the runs',
  },
  log_level: {
    env: 'FABRIQUE_LOG_LEVEL',
    flag: 'log-level',
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    default: 'info',
    description: 'Least level that is logged',
  },
  log_format: {
    env: 'FABRIQUE_LOG_FORMAT',
    schema: z.enum(['auto', 'pretty', 'json', 'off']),
    default: 'auto',
    description: 'Form of the log on the console: auto is pretty on a terminal and json elsewhere',
  },
  language: {
    env: 'FABRIQUE_LANG',
    flag: 'lang',
    schema: z.enum(['en', 'fr']),
    default: undefined,
    description: 'Language of the command line; otherwise that of the system, or English',
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings
export const settingNames = Object.keys(settings) as readonly SettingName[]

/** The values after reading, with the transformations of the schemas. */
export interface SettingValues {
  readonly host: string
  readonly port: number
  readonly data_dir: string
  readonly database_url: Secret | undefined
  readonly online: Secret | undefined
  readonly database_wait_s: number
  readonly allowed_hosts: readonly string[]
  readonly allow_open_bind: boolean
  readonly default_model: string | undefined
  readonly webhooks_allow_private: boolean
  /** Hosts, with a port where only that one is meant. */
  readonly sources_allow_private: boolean | readonly string[]
  readonly threads: number | undefined
  readonly python: string | undefined
  readonly trash_days: number
  readonly flow_runs_max: number
  readonly flow_runner_memory_mb: number
  readonly flow_runs_kept_days: number
  readonly flow_logs_kept_days: number
  readonly log_level: 'debug' | 'info' | 'warn' | 'error'
  readonly log_format: 'auto' | 'pretty' | 'json' | 'off'
  readonly language: 'en' | 'fr' | undefined
}
