/** Flags of every command that asks a server. */
export interface AskFlags {
  readonly url?: string
  readonly json?: boolean
  readonly lang?: 'en' | 'fr'
}

/** The address of the server a command talks to. */
export function serverUrl(flags: AskFlags): string {
  return flags.url ?? `http://127.0.0.1:${process.env.FABRIQUE_PORT ?? '8000'}`
}
