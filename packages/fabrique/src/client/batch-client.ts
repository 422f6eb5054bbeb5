import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, BatchRequestInput } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/client'
import { type ApiClientOptions, apiClient } from './api-client.js'

/** Answers of models to all rows of a snapshot. Throws the error that the server answered, or `server_not_running`. */
export interface BatchClient {
  /**
   * Answers all rows of a snapshot and waits for it; the result names the snapshot of the answers. Throws `job_failed` with the reason, or
   * `job_cancelled`, where its job did not succeed.
   */
  predict(model: string, request: BatchRequestInput, options?: { readonly signal?: AbortSignal }): Promise<Batch>
}

/** Between two looks at a job, in milliseconds. */
const lookEveryMs = { first: 50, most: 1000 }

/** A client of batch predictions. */
export function batchClient(options: ApiClientOptions): BatchClient {
  const client = apiClient(options)
  return {
    async predict(model, body, { signal } = {}) {
      // The schemas of all routes are made when the first call is.
      const { routes } = await import('@fabrique/contract')
      const { batch: started } = await client.call(routes.startBatch, { params: { model }, body })
      let batch: Batch = started
      for (let everyMs = lookEveryMs.first; isOpen(batch); everyMs = Math.min(2 * everyMs, lookEveryMs.most)) {
        await sleep(everyMs, undefined, signal === undefined ? {} : { signal })
        batch = await client.call(routes.getBatch, { params: { batch: started.id } })
      }
      if (batch.state === 'succeeded') return batch
      const { error, state } = await client.call(routes.getJob, { params: { job: batch.job_id } })
      if (state === 'cancelled') throw new FabriqueError('job_cancelled', { job: batch.job_id })
      const { code = 'internal_error', message = '' } = error ?? {}
      throw new FabriqueError('job_failed', { job: batch.job_id, code, reason: message })
    },
  }
}

function isOpen({ state }: Batch): boolean {
  return state === 'queued' || state === 'running'
}
