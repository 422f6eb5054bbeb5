import { setTimeout as sleep } from 'node:timers/promises'
import { FabriqueError, fabriqueVersion, isFabriqueError } from '@fabrique/contract'
import { authorization } from '../client/api-key.js'

/** Where a tracking server is and how to speak with it. */
export interface MlflowConnection {
  /** Address of the server, as `http://127.0.0.1:8000`; a path prefix is kept. */
  readonly url: string
  /** Sent as Bearer token; `MLFLOW_TRACKING_TOKEN` or `FABRIQUE_API_KEY` of the environment by default. */
  readonly token?: string
  /** Sent as Basic credentials with `password`, where there is no token. */
  readonly username?: string
  readonly password?: string
  /** Milliseconds for a call with all its retries; 120,000 by default. */
  readonly deadlineMs?: number
  /** Milliseconds for one attempt; 30,000 by default. Transfers of artifacts are bounded by silence instead. */
  readonly attemptMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

export type JsonObject = Readonly<Record<string, unknown>>
export type QueryValues = Readonly<Record<string, string | number | readonly string[] | undefined>>

export interface MlflowCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the address of the server, as `/api/2.0/mlflow/runs/create`. */
  readonly path: string
  readonly query?: QueryValues
  readonly body?: JsonObject
  /** False where the same call twice does more than once: then only what surely was not done is tried again. */
  readonly canRepeat?: boolean
  readonly signal?: AbortSignal
}

/** Bytes to send; made anew for each attempt, since a stream can be read once. */
export interface Upload {
  readonly path: string
  readonly query?: QueryValues
  readonly bytes: number
  open(): NonNullable<RequestInit['body']>
}

/** The calls of the protocol, with credentials, retries and deadlines. */
export interface Transport {
  /** The JSON reply. Throws `mlflow_refused` with the code of the server, `mlflow_unreachable` past the deadline. */
  call(call: MlflowCall): Promise<JsonObject>
  upload(upload: Upload): Promise<void>
  /** A reply whose body is still to be read. */
  download(path: string, query?: QueryValues): Promise<Response>
}

/** Replies that pass by themselves: busy, restarting, behind a proxy that waits. */
const passing = new Set([408, 429, 500, 502, 503, 504])
/** Of these, the ones that say that nothing was done. */
const notDone = new Set([429, 503])
/** Failures of a connection that was never made: the server has seen nothing. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])
const firstPauseMs = 100
const longestPauseMs = 5_000

/** True for the refusal of a server with this code of the protocol, as `RESOURCE_DOES_NOT_EXIST`. */
export function isMlflowError(error: unknown, errorCode?: string): error is FabriqueError<'mlflow_refused'> {
  return (
    isFabriqueError(error) &&
    error.code === 'mlflow_refused' &&
    (errorCode === undefined || error.params.error_code === errorCode)
  )
}

export function makeTransport(connection: MlflowConnection): Transport {
  const base = connection.url.replace(/\/+$/, '')
  const deadlineMs = connection.deadlineMs ?? 120_000
  const attemptMs = connection.attemptMs ?? 30_000
  const headers = headersOf(connection)

  /** Tries until there is an answer that is not passing, or until the deadline. */
  async function persist(
    attempt: (signal: AbortSignal) => Promise<Response>,
    options: { readonly canRepeat: boolean; readonly attemptMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Response> {
    const until = performance.now() + deadlineMs
    for (let tried = 0; ; tried += 1) {
      const outcome = await once(attempt, Math.min(options.attemptMs, until - performance.now()), options.signal)
      if (!isPassing(outcome, options.canRepeat)) return settle(outcome, base)
      const pause = pauseBefore(tried, outcome)
      if (performance.now() + pause >= until) {
        throw outcome instanceof Response ? await refusal(outcome) : unreachable(base, outcome, deadlineMs)
      }
      if (outcome instanceof Response) await outcome.body?.cancel()
      await sleep(pause, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  }

  return {
    async call({ method, path, query, body, canRepeat = true, signal }) {
      const reply = await persist(
        (inner) =>
          fetch(addressOf(base, path, query), {
            method,
            headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            signal: inner,
          }),
        { canRepeat, attemptMs, signal },
      )
      return readJson(reply, base)
    },
    async upload({ path, query, bytes, open }) {
      const reply = await persist(
        (signal) =>
          fetch(addressOf(base, path, query), {
            method: 'PUT',
            headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': String(bytes) },
            body: open(),
            signal,
            duplex: 'half',
          }),
        // An artifact of any size: the deadline bounds the retries, not the transfer of bytes that flow.
        { canRepeat: true, attemptMs: Math.max(deadlineMs, attemptMs + bytes / 100) },
      )
      await reply.body?.cancel()
    },
    download: (path, query) =>
      persist((signal) => fetch(addressOf(base, path, query), { headers, signal }), {
        canRepeat: true,
        attemptMs: Math.max(deadlineMs, attemptMs),
      }),
  }
}

function headersOf({ token, username, password, headers }: MlflowConnection): Record<string, string> {
  const basic = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
  const isBasic = token === undefined && username !== undefined
  const credentials = isBasic
    ? { authorization: `Basic ${basic}` }
    : authorization(token ?? process.env.MLFLOW_TRACKING_TOKEN)
  return {
    accept: 'application/json',
    'user-agent': `fabrique/${fabriqueVersion}`,
    ...credentials,
    ...headers,
  }
}

function addressOf(base: string, path: string, query: QueryValues = {}): string {
  const values = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of typeof value === 'object' ? value : [String(value)]) values.append(key, one)
  }
  const text = values.toString()
  return `${base}${path}${text === '' ? '' : `?${text}`}`
}

async function once(
  attempt: (signal: AbortSignal) => Promise<Response>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Response | Error> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.round(timeoutMs)))
  try {
    return await attempt(signal === undefined ? timeout : AbortSignal.any([timeout, signal]))
  } catch (error) {
    if (signal?.aborted === true) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}

function isPassing(outcome: Response | Error, canRepeat: boolean): boolean {
  if (outcome instanceof Response) return (canRepeat ? passing : notDone).has(outcome.status)
  return canRepeat || neverSent.has(codeOf(outcome))
}

function codeOf(error: Error): string {
  const { cause } = error
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause
  return inner instanceof Error && 'code' in inner ? String(inner.code) : ''
}

/** Exponential with jitter, or what the server asks for. */
function pauseBefore(tried: number, outcome: Response | Error): number {
  const asked = outcome instanceof Response ? Number(outcome.headers.get('retry-after') ?? 'none') : Number.NaN
  if (Number.isFinite(asked) && asked >= 0) return asked * 1000
  return Math.min(longestPauseMs, firstPauseMs * 2 ** tried) * (0.5 + Math.random() / 2)
}

async function settle(outcome: Response | Error, base: string): Promise<Response> {
  if (!(outcome instanceof Response)) throw unreachable(base, outcome, 0)
  if (outcome.ok) return outcome
  throw await refusal(outcome)
}

async function refusal(reply: Response): Promise<FabriqueError> {
  const text = await reply.text().catch(() => '')
  const document = parseObject(text)
  const errorCode = typeof document?.error_code === 'string' ? document.error_code : `HTTP_${reply.status}`
  const message = typeof document?.message === 'string' ? document.message : text.slice(0, 500)
  return new FabriqueError('mlflow_refused', { status: reply.status, error_code: errorCode, message })
}

function unreachable(base: string, error: Error, waitedMs: number): FabriqueError {
  const reason = codeOf(error) || error.message
  return new FabriqueError(
    'mlflow_unreachable',
    { address: base, seconds: Math.round(waitedMs / 1000), reason },
    { cause: error },
  )
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
  } catch {
    // Not JSON: a proxy or another program answered.
    return undefined
  }
}

async function readJson(reply: Response, base: string): Promise<JsonObject> {
  const text = await reply.text()
  const document = text === '' ? {} : parseObject(text)
  if (document !== undefined) return document
  throw new FabriqueError('mlflow_unreachable', {
    address: base,
    seconds: 0,
    reason: 'another program answered, its reply is not JSON',
  })
}
