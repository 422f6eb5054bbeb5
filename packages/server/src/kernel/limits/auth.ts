import type { Limit } from './limit.js'

/** Passwords, keys, sessions and logins. */
export const authLimits = {
  'auth.password_chars_min': {
    default: 15,
    unit: 'characters',
    description:
      'Shortest password; length is what keeps a password from being guessed, so nothing else is asked of it',
  },
  'auth.password_chars_max': { default: 256, unit: 'characters', description: 'Longest password' },
  'auth.hashes_max': {
    default: 2,
    unit: 'hashes',
    description: 'Passwords hashed at once; each takes 19 MiB of memory',
  },
  'auth.hashes_waiting_max': {
    default: 64,
    unit: 'hashes',
    description: 'Passwords that wait to be hashed; further logins are told to come again',
  },
  'auth.token_seconds': { default: 1_800, unit: 'seconds', description: 'How long a token of POST /token is valid' },
  'auth.session_idle_hours': {
    default: 12,
    unit: 'hours',
    description: 'How long a browser stays logged in that asks for nothing',
  },
  'auth.session_days': { default: 7, unit: 'days', description: 'How long a browser stays logged in at most' },
  'auth.sessions_max': {
    default: 50,
    unit: 'sessions',
    description: 'Browsers in which one user is logged in; the one not used for longest is logged out',
  },
  'auth.keys_max': { default: 100, unit: 'keys', description: 'Keys of one user that are valid' },
  'auth.credentials_kept': {
    default: 4_096,
    unit: 'credentials',
    description: 'Keys, tokens and sessions that a server knows without asking the database',
  },
  'auth.credential_kept_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'How long a server goes by what it knows of a key, token or session, where it is not told of a change',
  },
  'auth.password_kept_ms': {
    default: 300_000,
    unit: 'ms',
    description:
      'How long a server goes by a name and password that came with a request, instead of hashing it each time',
  },
  'auth.last_used_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'How exactly it is kept when a key or a session was last used',
  },
  'auth.streams_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'How often it is looked whether open event streams may go on, where their logins end by time',
  },
  'auth.admin_link_minutes': {
    default: 15,
    unit: 'minutes',
    description: 'How long the link that makes the first admin is valid',
  },
  'auth.password_link_hours': {
    default: 72,
    unit: 'hours',
    description: 'How long a link is valid by which a user chooses a password',
  },
  'auth.oidc_login_minutes': {
    default: 10,
    unit: 'minutes',
    description: 'How long a login at the identity provider may take',
  },
  'auth.oidc_next_chars_max': {
    default: 2_000,
    unit: 'characters',
    description:
      'Longest address that a login at the identity provider ends at; of a longer one it is the start page, since it waits in a cookie',
  },
  'auth.oidc_timeout_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'How long one answer of the identity provider may take',
  },
  'auth.oidc_reply_bytes_max': {
    default: 1024 * 1024,
    unit: 'bytes',
    description: 'Longest answer of the identity provider that is read',
  },
  'auth.oidc_metadata_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'How long a server goes by what the identity provider says of itself',
  },
  'auth.program_key_hours': {
    default: 48,
    unit: 'hours',
    description:
      'How long the key is valid that a worker gives to the programs of projects; it makes a new one in a quarter of that',
  },
} as const satisfies Record<string, Limit>
