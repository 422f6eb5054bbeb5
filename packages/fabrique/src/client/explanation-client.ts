import { setTimeout as sleep } from 'node:timers/promises'
import type {
  ComparisonRequest,
  Explanation,
  ExplanationRequestInput,
  Job,
  ModelComparison,
  RowExplanation,
} from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/client'
import { type ApiClientOptions, apiClient } from './api-client.js'

/** One row: values by column, or in the order of the signature. */
export type ExplainedFeatures =
  | Readonly<Record<string, number | string | boolean | null>>
  | readonly (number | string | boolean | null)[]

export interface ExplainRowOptions {
  /** The alias of the version that is asked; the champion without. */
  readonly alias?: string
  /** The class that is explained; the one that is predicted without. */
  readonly class?: string
}

/** What models go by, and which of two is better. Throws the error that the server answered, or `server_not_running`. */
export interface ExplanationClient {
  /** Starts an explanation of a version and waits for it. Throws `explanation_crashed` with the reason where its job did not succeed. */
  explain(request: ExplanationRequestInput, options?: { readonly signal?: AbortSignal }): Promise<Explanation>
  /** Predicts one row and says what each column added. */
  explainRow(model: string, features: ExplainedFeatures, options?: ExplainRowOptions): Promise<RowExplanation>
  /** Two versions on the same rows. */
  compare(request: Omit<ComparisonRequest, 'seed'> & { readonly seed?: number }): Promise<ModelComparison>
}

/** Between two looks at a job, in milliseconds. */
const lookEveryMs = { first: 50, most: 1000 }

/** A client of explanations. */
export function explanationClient(options: ApiClientOptions): ExplanationClient {
  // A row or a comparison may take longer than other calls.
  const client = apiClient({ timeoutMs: 90_000, ...options })
  // The schemas of all routes are made when the first call is.
  const routesOf = async () => (await import('@fabrique/contract')).routes
  const ended = async (started: Job, signal: AbortSignal | undefined): Promise<Job> => {
    const { getJob } = await routesOf()
    let job = started
    for (let everyMs = lookEveryMs.first; isOpen(job); everyMs = Math.min(2 * everyMs, lookEveryMs.most)) {
      await sleep(everyMs, undefined, signal === undefined ? {} : { signal })
      job = await client.call(getJob, { params: { job: job.id } })
    }
    return job
  }
  return {
    async explain(request, { signal } = {}) {
      const routes = await routesOf()
      const { job, explanation_id } = await client.call(routes.startExplanation, { body: request })
      const { state, error } = await ended(job, signal)
      if (state !== 'succeeded') {
        throw new FabriqueError('explanation_crashed', { reason: error?.message ?? `job ${job.id} was ${state}` })
      }
      return client.call(routes.getExplanation, { params: { explanation: explanation_id } })
    },
    async explainRow(model, features, query = {}) {
      const { explainPrediction } = await routesOf()
      const body = { features: isList(features) ? [...features] : { ...features } }
      return client.call(explainPrediction, { params: { model }, query, body })
    },
    async compare(request) {
      return client.call((await routesOf()).compareModels, { body: request })
    },
  }
}

function isOpen({ state }: Job): boolean {
  return state === 'queued' || state === 'running'
}

function isList(features: ExplainedFeatures): features is readonly (number | string | boolean | null)[] {
  return Array.isArray(features)
}
