import type { RunStatus } from '@fabrique/contract'
import { z } from 'zod'
import type { ViewType } from './experiments.js'
import { everyItem, type Page } from './pages.js'
import type { Transport } from './transport.js'
import { Metric, page, Run, wireDouble, wirePairs } from './wire.js'

export interface NewRun {
  readonly experimentId?: string
  readonly runName?: string
  readonly startTime?: Date
  readonly tags?: Readonly<Record<string, string>>
  /** Chosen by the caller: Fabrique then answers the same run when it is created again. MLflow chooses its own. */
  readonly runId?: string
  readonly user?: string
}

export interface RunSearch {
  readonly experimentIds: readonly string[]
  /** As `metrics.accuracy > 0.9 and params.depth = '3'`. */
  readonly filter?: string
  /** As `metrics.accuracy DESC`. */
  readonly orderBy?: readonly string[]
  readonly viewType?: ViewType
  /** Runs asked for at once; 1000 by default. */
  readonly pageSize?: number
}

/** One point to log. The time is now and the step 0 where they are not given. */
export interface MetricPoint {
  readonly key: string
  readonly value: number
  readonly timestamp?: number
  readonly step?: number
  /** The logged model that it measures. */
  readonly modelId?: string
}

export interface DatasetInput {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema?: string
  readonly profile?: string
  /** What the run used it for, as `training`. */
  readonly context?: string
}

/** What one `log-batch` carries: at most 1000 metrics, 100 parameters and 100 tags, and 1000 in all. */
export interface Batch {
  readonly metrics?: readonly MetricPoint[]
  readonly params?: Readonly<Record<string, string | number | boolean>>
  readonly tags?: Readonly<Record<string, string>>
}

const api = '/api/2.0/mlflow/runs'
const RunPage = page('runs', Run)
const RunReply = z.object({ run: Run })
const HistoryPage = page('metrics', Metric)

export function wirePoint({ key, value, timestamp, step, modelId }: MetricPoint) {
  return { key, value: wireDouble(value), timestamp: timestamp ?? Date.now(), step: step ?? 0, model_id: modelId }
}

/** Calls about runs, one request each; `startRun` of the client logs in the background. */
export function runCalls(transport: Transport) {
  const change = async (path: string, body: Readonly<Record<string, unknown>>) => {
    await transport.call({ method: 'POST', path: `${api}/${path}`, body })
  }
  const searchPage = async (search: RunSearch, token: string | undefined): Promise<Page<Run>> =>
    RunPage.parse(
      await transport.call({
        method: 'POST',
        path: `${api}/search`,
        body: {
          experiment_ids: search.experimentIds,
          filter: search.filter,
          order_by: search.orderBy,
          run_view_type: search.viewType ?? 'ACTIVE_ONLY',
          max_results: search.pageSize ?? 1000,
          page_token: token,
        },
      }),
    )

  return {
    async create(run: NewRun = {}): Promise<Run> {
      const reply = await transport.call({
        method: 'POST',
        path: `${api}/create`,
        body: {
          experiment_id: run.experimentId ?? '0',
          run_id: run.runId,
          run_name: run.runName,
          user_id: run.user,
          start_time: (run.startTime ?? new Date()).getTime(),
          tags: wirePairs(run.tags),
        },
        // Without an id of its own, a second creation would make a second run.
        canRepeat: run.runId !== undefined,
      })
      return RunReply.parse(reply).run
    },
    async get(runId: string): Promise<Run> {
      const reply = await transport.call({ method: 'GET', path: `${api}/get`, query: { run_id: runId } })
      return RunReply.parse(reply).run
    },
    update: (runId: string, to: { readonly status?: RunStatus; readonly endTime?: Date; readonly runName?: string }) =>
      change('update', { run_id: runId, status: to.status, end_time: to.endTime?.getTime(), run_name: to.runName }),
    delete: (runId: string) => change('delete', { run_id: runId }),
    restore: (runId: string) => change('restore', { run_id: runId }),
    logMetric: (runId: string, point: MetricPoint) => change('log-metric', { run_id: runId, ...wirePoint(point) }),
    logParam: (runId: string, key: string, value: string | number | boolean) =>
      change('log-parameter', { run_id: runId, key, value: String(value) }),
    setTag: (runId: string, key: string, value: string) => change('set-tag', { run_id: runId, key, value }),
    deleteTag: (runId: string, key: string) => change('delete-tag', { run_id: runId, key }),
    /** All or nothing on Fabrique; safe to repeat: points and parameters that are there already change nothing. */
    logBatch: (runId: string, batch: Batch) =>
      change('log-batch', {
        run_id: runId,
        metrics: (batch.metrics ?? []).map(wirePoint),
        params: wirePairs(batch.params),
        tags: wirePairs(batch.tags),
      }),
    logInputs: (runId: string, datasets: readonly DatasetInput[]) =>
      change('log-inputs', { run_id: runId, datasets: datasets.map(wireDataset) }),
    searchPage,
    /** Every run that matches, page by page. */
    search: (search: RunSearch): AsyncGenerator<Run, void, undefined> =>
      everyItem((token) => searchPage(search, token)),
    /** Every point of a metric, by time. */
    metricHistory: (runId: string, key: string): AsyncGenerator<Metric, void, undefined> =>
      everyItem(async (token) =>
        HistoryPage.parse(
          await transport.call({
            method: 'GET',
            path: '/api/2.0/mlflow/metrics/get-history',
            query: { run_id: runId, metric_key: key, max_results: 25_000, page_token: token },
          }),
        ),
      ),
  }
}

function wireDataset({ context, sourceType, ...dataset }: DatasetInput) {
  return {
    dataset: { ...dataset, source_type: sourceType },
    tags: context === undefined ? [] : [{ key: 'mlflow.data.context', value: context }],
  }
}
