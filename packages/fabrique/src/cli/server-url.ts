import { useApiKey } from '../client/api-key.js'
import { savedLogin } from './saved-logins.js'

/** Flags of every command that asks a server. */
export interface AskFlags {
  readonly url?: string
  readonly json?: boolean
  readonly lang?: 'en' | 'fr'
}

/** The address of the server a command talks to, with the key that `fabrique login` saved for it. */
export function serverUrl(flags: AskFlags): string {
  const url = flags.url ?? `http://127.0.0.1:${process.env.FABRIQUE_PORT ?? '8000'}`
  // Also where there is none: a process that runs several commands sends the key of one server to no other.
  useApiKey(savedLogin(url)?.key)
  return url
}
