import { Readable } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { JsonText, pageStartOf, pageTokenAfter, queryDigest } from '../../platform/mlflow/index.js'
import {
  lastPosition,
  type PointOrder,
  type PointPosition,
  type Points,
  readPoints,
  slicePoints,
} from './metric-points.js'
import type { Metric } from './model.js'
import { pointsJson } from './points-json.js'
import { checkRunExists } from './run-store.js'
import { RunId, Text } from './schema.js'

export interface MetricHistory {
  readonly metrics: readonly Metric[]
  readonly next_page_token?: string
}

const HistoryRequest = RunId.extend({
  metric_key: Text,
  order: z.enum(['time', 'step']).default('time'),
  max_results: z.number().int().min(1).optional(),
  page_token: z.string().optional(),
})
type HistoryRequest = z.output<typeof HistoryRequest>

/**
 * A page of the points of a metric, by time or by step: at most `max_results`, and never more than the limit
 * `tracking.history_points_max`. A metric without points is empty. Throws `run_not_found`, `page_token_invalid`.
 */
export const getMetricHistory = readVerb({
  name: 'tracking.get_metric_history',
  permission: 'runs.read',
  input: HistoryRequest,
  async run({ ctx, input }): Promise<MetricHistory> {
    const { page, nextPageToken } = await readPage(ctx, input)
    const metrics = Array.from(page.values, (value, index) => ({
      key: input.metric_key,
      value: Number.isNaN(value) ? ('NaN' as const) : value,
      timestamp: page.timestamps[index] ?? 0,
      step: page.steps[index] ?? 0,
    }))
    return nextPageToken === undefined ? { metrics } : { metrics, next_page_token: nextPageToken }
  },
})

/**
 * The same as the reply of the protocol, made without reading each number. Without `max_results` it has all points: it is
 * sent in parts as they are read. Throws what `getMetricHistory` throws.
 */
export const sendMetricHistory = readVerb({
  name: 'tracking.send_metric_history',
  permission: 'runs.read',
  input: HistoryRequest,
  async run({ ctx, input }): Promise<JsonText> {
    const { page, nextPageToken } = await readPage(ctx, input)
    if (page.values.length === 0) return new JsonText('{}')
    const isWhole = nextPageToken === undefined || input.max_results !== undefined
    const after = nextPageToken === undefined ? ']}' : `],"next_page_token":"${nextPageToken}"}`
    const around = { before: '{"metrics":[', after: isWhole ? after : '' }
    if (isWhole && page.values.length <= piecePoints) return new JsonText(pointsJson(input.metric_key, page, around))
    const pieces = piecesOf(input.metric_key, page, around)
    const parts = isWhole ? pieces : allPoints(ctx, input, { pieces, last: lastPosition(page) })
    return new JsonText(Readable.from(parts, { objectMode: false }))
  },
})

/** Points that are sent while the next ones become text, so that the client reads meanwhile. */
const piecePoints = 5000

function* piecesOf(
  key: string,
  points: Points,
  { before, after }: { readonly before: string; readonly after: string },
): Generator<Buffer> {
  const { length } = points.values
  for (let from = 0; from < length; from += piecePoints) {
    const to = from + piecePoints
    const around = { before: from === 0 ? before : ',', after: to < length ? '' : after }
    yield pointsJson(key, slicePoints(points, from, to), around)
  }
}

async function* allPoints(
  ctx: VerbContext,
  input: HistoryRequest,
  first: { readonly pieces: Iterable<Buffer>; readonly last: PointPosition | undefined },
): AsyncGenerator<Buffer> {
  yield* first.pieces
  let after = first.last
  while (after !== undefined) {
    const page: Points = await readPoints(ctx, {
      ...seriesOf(input),
      after,
      count: limit('tracking.history_points_max'),
    })
    if (page.values.length > 0) yield* piecesOf(input.metric_key, page, { before: ',', after: '' })
    after = lastPosition(page)
  }
  yield Buffer.from(']}')
}

function seriesOf({ run_id, metric_key, order }: HistoryRequest): {
  readonly runId: string
  readonly key: string
  readonly order: PointOrder
} {
  return { runId: run_id, key: metric_key, order }
}

async function readPage(
  ctx: VerbContext,
  input: HistoryRequest,
): Promise<{ readonly page: Points; readonly nextPageToken?: string }> {
  const digest = queryDigest([input.run_id, input.metric_key, input.order])
  const start = pageStartOf(input.page_token, digest)
  const size = Math.min(input.max_results ?? Number.MAX_SAFE_INTEGER, limit('tracking.history_points_max'))
  const found = await readPoints(ctx, {
    ...seriesOf(input),
    count: size + 1,
    after: start?.kind === 'after' ? positionOf(start.values, input.page_token) : undefined,
    offset: start?.kind === 'offset' ? start.offset : undefined,
  })
  if (found.values.length === 0) await checkRunExists(ctx, input.run_id)
  if (found.values.length <= size) return { page: found }
  // The last point was read to see that there is one.
  const page = slicePoints(found, 0, size)
  return { page, nextPageToken: pageTokenAfter(digest, { phase: 0, values: lastPosition(page) ?? [] }) }
}

const integer = /^-?\d{1,19}$/
const double = /^-?\d[\d.]*(e[+-]?\d+)?$/

function positionOf(values: readonly (string | null)[], token: string | undefined): PointPosition {
  const [timestamp, step, value, isNan] = values
  const isPosition =
    integer.test(timestamp ?? '') &&
    integer.test(step ?? '') &&
    double.test(value ?? '') &&
    (isNan === 'true' || isNan === 'false')
  if (!isPosition || values.length !== 4)
    throw new FabriqueError('page_token_invalid', { token: (token ?? '').slice(0, 100) })
  return [timestamp ?? '', step ?? '', value ?? '', isNan]
}
