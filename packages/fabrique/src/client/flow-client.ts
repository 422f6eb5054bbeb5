import type { FlowRun, FlowStreamMessage, Json } from '@fabrique/contract'
import { FabriqueError, routePath } from '@fabrique/contract/client'
import type { z } from 'zod'
import type { Flow } from '../sdk/flow.js'
import type { JsonOf } from '../sdk/flow-steps.js'
import { type ApiClientOptions, apiClient, toError } from './api-client.js'
import { authorization } from './api-key.js'
import { readEventSource } from './event-source.js'

/** A flow as it is declared, or its name where it is not at hand. */
type AnyFlow = Flow<z.ZodObject, unknown> | string
type ParamsOf<Of> = Of extends Flow<infer Params, unknown> ? z.input<Params> : Readonly<Record<string, unknown>>
type ResultOf<Of> = Of extends Flow<z.ZodObject, infer Result> ? JsonOf<Result> : Json

export interface StartFlowOptions {
  /** When it is due; now without it. */
  readonly at?: Date
  /** Higher is first. */
  readonly priority?: number
  readonly reason?: string
  readonly tags?: readonly string[]
  /** The same key gives the same run. */
  readonly idempotencyKey?: string
}

export interface FollowRunOptions {
  /** Whether lines of the log come as well; they do by default. */
  readonly logs?: boolean
  /** Lines of the log after this position only. */
  readonly after?: number
  readonly signal?: AbortSignal
}

/** Starts flows and follows their runs. Throws the error that the server answered, or `server_not_running`. */
export interface FlowClient {
  /** Asks for a run; parameters are checked before there is one. Throws `flow_params_invalid`. */
  startFlow<const Of extends AnyFlow>(
    project: string,
    flow: Of,
    params: ParamsOf<Of>,
    options?: StartFlowOptions,
  ): Promise<FlowRun>
  /** Runs a flow and gives its result. Throws `flow_run_failed` where it ended in another way. */
  runFlow<const Of extends AnyFlow>(
    project: string,
    flow: Of,
    params: ParamsOf<Of>,
    options?: StartFlowOptions & { readonly signal?: AbortSignal },
  ): Promise<ResultOf<Of>>
  /** The run, its steps and its log, then what changes, until it is over. A connection that breaks is made again. */
  followRun(run: string, options?: FollowRunOptions): AsyncIterable<FlowStreamMessage>
  /** Waits for the end of a run. */
  endOfRun(run: string, options?: { readonly signal?: AbortSignal }): Promise<FlowRun>
}

const streamPath = { path: '/api/v1/flow-runs/:flow_run/stream' } as const

/** A client of flows. */
export function flowClient(options: ApiClientOptions): FlowClient {
  const client = apiClient(options)
  // The schemas of all routes are made when the first call is.
  const routesOf = async () => (await import('@fabrique/contract')).routes

  async function startFlow<Of extends AnyFlow>(
    project: string,
    flow: Of,
    params: ParamsOf<Of>,
    { at, idempotencyKey, tags, ...more }: StartFlowOptions = {},
  ): Promise<FlowRun> {
    const name = typeof flow === 'string' ? flow : flow.name
    const body = {
      ...more,
      params: asJson(params),
      ...(at === undefined ? {} : { at: at.toISOString() }),
      ...(tags === undefined ? {} : { tags: [...tags] }),
      ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }),
    }
    return client.call((await routesOf()).startFlow, { params: { project, flow: name }, body })
  }

  async function* followRun(
    run: string,
    { logs = true, after, signal }: FollowRunOptions = {},
  ): AsyncGenerator<FlowStreamMessage> {
    const address = new URL(client.url + routePath(streamPath, { flow_run: run }))
    if (!logs) address.searchParams.set('logs', 'none')
    if (after !== undefined) address.searchParams.set('after', String(after))
    const check = async (reply: Response) => {
      // A server that starts again, or waits for its database, is asked again.
      if (!reply.ok && reply.status < 500) {
        throw await toError(await reply.json().catch(() => undefined), reply.status, client.url)
      }
    }
    const headers = { 'accept-language': options.language ?? 'en', ...authorization(options.apiKey) }
    const events = readEventSource(address, { headers, check, ...(signal === undefined ? {} : { signal }) })
    for await (const { data } of events) yield toMessage(data)
  }

  async function endOfRun(run: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<FlowRun> {
    for await (const _ of followRun(run, { logs: false, ...(signal === undefined ? {} : { signal }) }));
    signal?.throwIfAborted()
    return client.call((await routesOf()).getFlowRun, { params: { flow_run: run } })
  }

  return {
    startFlow,
    followRun,
    endOfRun,
    async runFlow(project, flow, params, { signal, ...more } = {}) {
      const { id } = await startFlow(project, flow, params, more)
      const run = await endOfRun(id, signal === undefined ? {} : { signal })
      if (run.state.type === 'COMPLETED') return resultOf<typeof flow>(run)
      const reason = run.error?.message ?? ''
      throw new FabriqueError('flow_run_failed', { flow_run: id, state: run.state.name, reason })
    },
  }
}

/** What JSON makes of parameters: a date becomes its text, as the schema of the flow expects it from anywhere. */
function asJson(params: unknown): Record<string, Json> {
  return JSON.parse(JSON.stringify(params))
}

/** The function of the flow gave it, and the types of the flow are those of its function. */
function resultOf<Of>({ result = null }: FlowRun): ResultOf<Of> {
  return result as ResultOf<Of>
}

/** The server checks what it sends by the same schema. */
function toMessage(data: string): FlowStreamMessage {
  return JSON.parse(data)
}
