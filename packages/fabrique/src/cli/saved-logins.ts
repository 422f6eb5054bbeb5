import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** What `fabrique login` keeps for one server. */
export interface SavedLogin {
  readonly key: string
  /** The part of the key that is no secret. */
  readonly id: string
  readonly user: string
}

type Logins = Readonly<Record<string, SavedLogin>>

const file = () =>
  join(process.env.XDG_CONFIG_HOME ?? join(process.env.HOME ?? homedir(), '.config'), 'fabrique', 'logins.json')

/** Scheme, host and port: a key goes to no other server. */
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : url)

/** The login for a server; undefined where there is none. */
export function savedLogin(url: string): SavedLogin | undefined {
  return readLogins()[originOf(url)]
}

/** Keeps a login, or forgets it, in a file that only its owner reads. Returns the file. */
export function saveLogin(url: string, login: SavedLogin | undefined): string {
  const { [originOf(url)]: _, ...others } = readLogins()
  const logins = login === undefined ? others : { ...others, [originOf(url)]: login }
  const path = file()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const made = `${path}.${process.pid}`
  writeFileSync(made, `${JSON.stringify(logins, undefined, 2)}\n`, { mode: 0o600 })
  chmodSync(made, 0o600)
  renameSync(made, path)
  return path
}

function readLogins(): Logins {
  try {
    const read: unknown = JSON.parse(readFileSync(file(), 'utf8'))
    return isLogins(read) ? read : {}
  } catch {
    // There is none yet, or it is not ours: one can log in again.
    return {}
  }
}

function isLogins(value: unknown): value is Logins {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((login: unknown) => typeof login === 'object' && login !== null && 'key' in login)
  )
}
