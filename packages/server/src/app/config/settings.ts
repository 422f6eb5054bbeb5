import { isIP } from 'node:net'
import { parseRate, RateText, roles, type UserRole } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { isLoopback } from '../loopback.js'
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

const textList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

/** An address, a network as 10.0.0.0/8, or a name that stands for some. */
function isProxy(text: string): boolean {
  const [address = '', bits] = text.split('/')
  const version = isIP(address)
  if (version === 0) return ['loopback', 'linklocal', 'uniquelocal'].includes(text)
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** `POST /retrain=2/hour`: what stands before the last rate is a route. */
function isRouteRate(text: string): boolean {
  const place = text.indexOf('=')
  return /^([A-Z]+ )?\//.test(text) && parseRate(text.slice(place + 1)) !== undefined
}

/** `ml-admins=admin`: what stands behind the last = is a role. */
function readRole(text: string): { readonly value: string; readonly role: UserRole } | undefined {
  const place = text.lastIndexOf('=')
  const role = roles.find((known) => known === text.slice(place + 1).trim())
  return role === undefined || place < 1 ? undefined : { value: text.slice(0, place).trim(), role }
}

/** Passwords and tokens go there: in the clear over loopback only. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')))
}

const safeAddress = z.string().refine(isSafeAddress, 'must be an https:// address, or http:// of this machine')

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
  grpc_port: {
    env: 'FABRIQUE_GRPC_PORT',
    flag: 'grpc-port',
    schema: z.coerce.number().int().min(0).max(65_535).optional(),
    default: undefined,
    description: 'Port of predictions over gRPC, in the Open Inference Protocol; without it there is none',
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
    schema: textList,
    default: '',
    description:
      'Host names this server answers to besides loopback, and whose pages may change things, separated by commas, with the port where it is not that of http or https; * answers to any',
  },
  allow_open_bind: {
    env: 'FABRIQUE_ALLOW_OPEN_BIND',
    schema: flagText,
    default: false,
    description:
      'Let everybody in who reaches this server while there are no users, also on other addresses than loopback',
  },
  admin_link: {
    env: 'FABRIQUE_ADMIN_LINK',
    schema: flagText,
    default: false,
    description:
      'Print a one-time link that makes an admin at the start, also where there are users: for who has lost the password',
  },
  token_errors: {
    env: 'FABRIQUE_TOKEN_ERRORS',
    schema: z.enum(['fastapi', 'rfc6749']),
    default: 'fastapi',
    description: 'How POST /token answers a wrong password: 401 as FastAPI does, or 400 as RFC 6749 says',
  },
  oidc_issuer: {
    env: 'FABRIQUE_OIDC_ISSUER',
    schema: safeAddress,
    default: undefined,
    description: 'Identity provider (OpenID Connect) at which people may log in, as https://login.example/realms/ml',
  },
  oidc_client_id: {
    env: 'FABRIQUE_OIDC_CLIENT_ID',
    schema: z.string().min(1),
    default: undefined,
    description: 'Name by which the identity provider knows this server',
  },
  oidc_client_secret: {
    env: 'FABRIQUE_OIDC_CLIENT_SECRET',
    schema: z
      .string()
      .min(1)
      .transform((text) => new Secret(text)),
    default: undefined,
    secret: true,
    description: 'Secret of that client; without it, a public client that PKCE protects',
  },
  oidc_name: {
    env: 'FABRIQUE_OIDC_NAME',
    schema: z.string().min(1).max(60),
    default: undefined,
    description: 'What people call the identity provider: stands on the button of the login page',
  },
  oidc_scopes: {
    env: 'FABRIQUE_OIDC_SCOPES',
    schema: z.string().regex(/(^| )openid( |$)/, 'must hold openid'),
    default: 'openid profile email',
    description: 'Scopes to ask the identity provider for, separated by spaces',
  },
  oidc_default_role: {
    env: 'FABRIQUE_OIDC_DEFAULT_ROLE',
    schema: z.enum([...roles, 'none']),
    default: 'viewer',
    description: 'Role of who comes from the identity provider and is given no other; none lets only those in who are',
  },
  oidc_role_claim: {
    env: 'FABRIQUE_OIDC_ROLE_CLAIM',
    schema: z.string().min(1).max(200),
    default: undefined,
    description: 'Claim that says the role at each login, as groups or realm_access.roles; see FABRIQUE_OIDC_ROLES',
  },
  oidc_roles: {
    env: 'FABRIQUE_OIDC_ROLES',
    schema: textList
      .refine(
        (items) => items.every((item) => readRole(item) !== undefined),
        'must be as ml-admins=admin,ml-team=editor',
      )
      .transform(
        (items) => new Map(items.flatMap((item) => readRole(item) ?? []).map(({ value, role }) => [value, role])),
      ),
    default: '',
    description: 'Roles that values of that claim give, as ml-admins=admin,ml-team=editor; the highest counts',
  },
  oidc_redirect_url: {
    env: 'FABRIQUE_OIDC_REDIRECT_URL',
    schema: safeAddress.refine((text) => text.endsWith('/api/v1/oidc/callback'), 'must end in /api/v1/oidc/callback'),
    default: undefined,
    description: 'Address that the identity provider sends browsers back to; otherwise that by which they came',
  },
  trusted_proxies: {
    env: 'FABRIQUE_TRUSTED_PROXIES',
    schema: textList.refine(
      (proxies) => proxies.every(isProxy),
      'must be addresses or networks as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
    ),
    default: '',
    description:
      'Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas: addresses, networks, or loopback',
  },
  rate_predict: {
    env: 'FABRIQUE_RATE_PREDICT',
    schema: RateText,
    default: undefined,
    description:
      'Predictions of one caller, as 10/minute or 100/s, where a model has no rate of its own; no limit without it',
  },
  rate_api: {
    env: 'FABRIQUE_RATE_API',
    schema: RateText,
    default: undefined,
    description: 'Other requests of one caller to the APIs, the pages included, as 1000/minute; no limit without it',
  },
  rate_routes: {
    env: 'FABRIQUE_RATE_ROUTES',
    schema: textList.refine((rates) => rates.every(isRouteRate), 'must be routes with rates as POST /retrain=2/hour'),
    default: '',
    description: 'Rates of single routes, separated by commas, as POST /retrain=2/hour,/api/v1/jobs=60/minute',
  },
  rate_login: {
    env: 'FABRIQUE_RATE_LOGIN',
    schema: RateText,
    default: '10/minute',
    description: 'Logins from one address, right or wrong',
  },
  rate_older_headers: {
    env: 'FABRIQUE_RATE_OLDER_HEADERS',
    schema: flagText,
    default: false,
    description:
      'Also answer with RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset, as older clients read them',
  },
  default_model: {
    env: 'FABRIQUE_DEFAULT_MODEL',
    schema: z.string().min(1),
    default: undefined,
    description: 'Model that /predict goes to; otherwise the first declared one that is served',
  },
  models_memory_mb: {
    env: 'FABRIQUE_MODELS_MEMORY_MB',
    schema: z.coerce.number().int().min(16).max(1_048_576),
    default: limit('serving.models_memory_mb'),
    unit: 'MB',
    description: 'Memory of all models that a process serves; those that were not asked for longest leave first',
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
  serve_python: {
    env: 'FABRIQUE_SERVE_PYTHON',
    schema: z.string().min(1),
    default: undefined,
    description:
      'Python with mlflow that serves models that are not ONNX, as .venv/bin/python; without it they are not served',
  },
  serve_python_memory_mb: {
    env: 'FABRIQUE_SERVE_PYTHON_MEMORY_MB',
    schema: z.coerce.number().int().min(64).max(1_048_576),
    default: 4096,
    unit: 'MB',
    description: 'Memory that the Python process of one model may take; one that takes more is replaced',
  },
  trash_days: {
    env: 'FABRIQUE_TRASH_DAYS',
    schema: z.coerce.number().int().min(0).max(36_500),
    default: 90,
    unit: 'days',
    description: 'Days that deleted runs, experiments and models can be brought back; 0 keeps them for ever',
  },
  prediction_log: {
    env: 'FABRIQUE_PREDICTION_LOG',
    schema: z.coerce.number().min(0).max(1),
    default: 1,
    description: 'Part of the predictions that the log keeps, 0 to 1, where a model does not say otherwise',
  },
  metric_history: {
    env: 'FABRIQUE_METRIC_HISTORY',
    schema: flagText,
    default: true,
    description: 'Keeps a history of what stands at /metrics, for the charts of the pages',
  },
  prometheus_url: {
    env: 'PROMETHEUS_URL',
    schema: z
      .string()
      .refine(
        (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
        'must be an http:// or https:// address',
      )
      .transform((url) => new Secret(url)),
    default: undefined,
    secret: true,
    description: 'Prometheus that the charts of metrics read from, instead of the history that this server keeps',
  },
  predictions_kept_days: {
    env: 'FABRIQUE_PREDICTIONS_KEPT_DAYS',
    schema: z.coerce.number().int().min(0).max(36_500),
    default: 30,
    unit: 'days',
    description: 'Days that predictions and their figures are kept; 0 keeps them for ever',
  },
  predictions_compact: {
    env: 'FABRIQUE_PREDICTIONS_COMPACT',
    schema: flagText,
    default: true,
    description:
      'Writes days of predictions that are over to files, as a data set of each model; no day is dropped before',
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
  readonly grpc_port: number | undefined
  readonly data_dir: string
  readonly database_url: Secret | undefined
  readonly online: Secret | undefined
  readonly database_wait_s: number
  readonly allowed_hosts: readonly string[]
  readonly allow_open_bind: boolean
  readonly admin_link: boolean
  readonly token_errors: 'fastapi' | 'rfc6749'
  readonly oidc_issuer: string | undefined
  readonly oidc_client_id: string | undefined
  readonly oidc_client_secret: Secret | undefined
  readonly oidc_name: string | undefined
  readonly oidc_scopes: string
  readonly oidc_default_role: UserRole | 'none'
  readonly oidc_role_claim: string | undefined
  /** Roles by values of the claim. */
  readonly oidc_roles: ReadonlyMap<string, UserRole>
  readonly oidc_redirect_url: string | undefined
  readonly trusted_proxies: readonly string[]
  readonly rate_predict: string | undefined
  readonly rate_api: string | undefined
  readonly rate_routes: readonly string[]
  readonly rate_login: string
  readonly rate_older_headers: boolean
  readonly default_model: string | undefined
  readonly models_memory_mb: number
  readonly webhooks_allow_private: boolean
  /** Hosts, with a port where only that one is meant. */
  readonly sources_allow_private: boolean | readonly string[]
  readonly threads: number | undefined
  readonly python: string | undefined
  readonly serve_python: string | undefined
  readonly serve_python_memory_mb: number
  readonly trash_days: number
  readonly prediction_log: number
  readonly metric_history: boolean
  readonly prometheus_url: Secret | undefined
  readonly predictions_kept_days: number
  readonly predictions_compact: boolean
  readonly flow_runs_max: number
  readonly flow_runner_memory_mb: number
  readonly flow_runs_kept_days: number
  readonly flow_logs_kept_days: number
  readonly log_level: 'debug' | 'info' | 'warn' | 'error'
  readonly log_format: 'auto' | 'pretty' | 'json' | 'off'
  readonly language: 'en' | 'fr' | undefined
}
