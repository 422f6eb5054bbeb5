import { realpath } from 'node:fs/promises'
import pg from 'pg'
import { errorCode } from './errors.js'
import type { Listen } from './settings.js'
import { within } from './watch-exit.js'

export const SUPERUSER = 'fabrique'

const PROBE_MS = 5000
const END_MS = 500

/** What answers at an address. */
export type ProbeResult =
  | { readonly kind: 'ready'; readonly pid: number; readonly dataDir: string }
  | { readonly kind: 'starting' | 'stopping' | 'full' }
  | { readonly kind: 'unreachable'; readonly error: unknown }

export function hostOf(listen: Listen): string {
  return listen.kind === 'tcp' ? '127.0.0.1' : listen.dir
}

/**
 * Connects, runs a query and asks the server who it is: its data folder and the process id in its own
 * `postmaster.pid`. A socket path alone proves nothing.
 */
export async function probeServer(listen: Listen): Promise<ProbeResult> {
  const client = new pg.Client({
    host: hostOf(listen),
    port: listen.port,
    user: SUPERUSER,
    database: 'postgres',
    ssl: false,
    application_name: 'fabrique-probe',
  })
  // A connection that breaks while idle also emits; the awaited calls below already report it.
  client.on('error', () => {})
  try {
    const answer = askIdentity(client)
    if (await within(answer, PROBE_MS)) return await answer
    return { kind: 'unreachable', error: new Error(`No answer within ${PROBE_MS} ms`) }
  } catch (error) {
    return refusal(error)
  } finally {
    // Bounded, since end() of pg waits for an event of a connection that may already be gone.
    await within(
      client.end().catch(() => {}),
      END_MS,
    )
  }
}

async function askIdentity(client: pg.Client): Promise<ProbeResult> {
  await client.connect()
  const { rows } = await client.query<{ pid: number; dir: string }>(
    `select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::int as pid, current_setting('data_directory') as dir`,
  )
  const [row] = rows
  if (row === undefined) return { kind: 'unreachable', error: new Error('Empty answer') }
  return { kind: 'ready', pid: row.pid, dataDir: await realpath(row.dir).catch(() => row.dir) }
}

/** Reads the reason out of a refused connection. */
export function refusal(error: unknown): ProbeResult {
  const code = errorCode(error)
  if (code === '53300') return { kind: 'full' }
  if (code !== '57P03' && code !== '57P01' && code !== '57P02') return { kind: 'unreachable', error }
  const text = error instanceof Error ? error.message : ''
  return { kind: /shutting down|administrator command/.test(text) ? 'stopping' : 'starting' }
}
