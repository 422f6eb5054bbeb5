import { FabriqueError, LifecycleView } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { splitOrderBy } from '../../platform/mlflow/index.js'
import { momentOf } from './api-run.js'
import { selectExperiment } from './experiment-store.js'
import type { WireDouble } from './model.js'
import { findRuns, type RunQuery, scopeCondition } from './run-query.js'
import { type RunHead, runHead, runsOfIds, wireValue } from './run-store.js'
import { type Cell, type CsvDialect, csvLine, frenchCsv, plainCsv } from './run-table.js'
import { Text } from './schema.js'
import { checkedScope } from './search-runs.js'
import { withinTime } from './search-time.js'

type Values<Value> = Readonly<Record<string, Value>>

interface ExportRow extends RunHead {
  readonly params: Values<string> | null
  readonly metrics: Values<WireDouble> | null
  readonly tags: Values<string> | null
}

interface Columns {
  readonly params: readonly string[]
  readonly metrics: readonly string[]
  readonly tags: readonly string[]
}

/** A table of runs as text, to be sent part by part. */
export interface RunExport {
  readonly mediaType: string
  readonly fileName: string
  readonly parts: AsyncIterable<string>
}

/**
 * Every run of an experiment that matches, in order, with all its parameters, newest metrics and tags. It is read in parts, so
 * its length does not matter. Throws `experiment_not_found`, `filter_invalid`, `runs_too_wide`.
 */
export const exportRuns = readVerb({
  name: 'tracking.export_runs',
  permission: 'runs.read',
  input: z.object({
    experiment_id: Text,
    filter: Text.default(''),
    order_by: Text.default(''),
    view: LifecycleView.default('active'),
    format: z.enum(['csv', 'csv-fr', 'json']).default('csv'),
  }),
  async run({ ctx, input }): Promise<RunExport> {
    const { experiment_id: id } = await selectExperiment(ctx, input.experiment_id)
    const scope = checkedScope({ experiment_ids: [id], filter: input.filter, view: input.view })
    const orderBy = splitOrderBy(input.order_by)
    const pages = await openPages(ctx, { ...scope, orderBy, size: limit('list.page_max'), pageToken: undefined })
    const fileName = `runs-${id}`
    if (input.format === 'json') {
      return { mediaType: 'application/json; charset=utf-8', fileName: `${fileName}.json`, parts: jsonParts(pages) }
    }
    const columns = await columnsOf(ctx, scopeCondition(scope))
    const dialect = input.format === 'csv-fr' ? frenchCsv : plainCsv
    return {
      mediaType: 'text/csv; charset=utf-8',
      fileName: `${fileName}.csv`,
      parts: csvParts(pages, columns, dialect),
    }
  },
})

/** The rows page by page. The first is read at once, so that what is wrong with the question is told before the answer starts. */
async function openPages(ctx: VerbContext, query: RunQuery): Promise<AsyncIterable<readonly ExportRow[]>> {
  const first = await findRuns(ctx, query)
  return (async function* () {
    for (let page = first; ; page = await findRuns(ctx, { ...query, pageToken: page.nextPageToken })) {
      if (page.runs.length > 0)
        yield await selectRows(
          ctx,
          page.runs.map(({ id }) => id),
        )
      if (page.nextPageToken === undefined) return
    }
  })()
}

async function selectRows(ctx: VerbContext, ids: readonly string[]): Promise<readonly ExportRow[]> {
  const { rows } = await sql<ExportRow>`
    select ${runHead},
      (select json_object_agg(key, ${wireValue} order by key) from metric_series where run_id = r.id) as metrics,
      (select json_object_agg(key, value order by key) from params where run_id = r.id) as params,
      (select json_object_agg(key, value order by key) from run_tags where run_id = r.id) as tags
    from ${runsOfIds(ids)} order by asked.position
  `.execute(ctx.db)
  return rows
}

async function columnsOf(ctx: VerbContext, scope: ReturnType<typeof scopeCondition>): Promise<Columns> {
  const max = limit('runs.export_columns_max')
  const keysOf = async (table: 'params' | 'metric_series' | 'run_tags') => {
    const query = sql<{ key: string }>`
      select distinct kv.key collate "C" as key from runs r join ${sql.table(table)} kv on kv.run_id = r.id
      where ${scope} order by 1 limit ${max + 1}
    `
    const { rows } = await withinTime(() => query.execute(ctx.db))
    return rows.map(({ key }) => key)
  }
  const columns = {
    params: await keysOf('params'),
    metrics: await keysOf('metric_series'),
    tags: await keysOf('run_tags'),
  }
  const count = columns.params.length + columns.metrics.length + columns.tags.length
  if (count > max) throw new FabriqueError('runs_too_wide', { limit: max })
  return columns
}

const durationOf = ({ start_ms, end_ms }: RunHead) =>
  end_ms === null ? undefined : Math.max(0, end_ms - start_ms) / 1000

async function* csvParts(
  pages: AsyncIterable<readonly ExportRow[]>,
  columns: Columns,
  dialect: CsvDialect,
): AsyncGenerator<string> {
  const names = [
    ...['id', 'name', 'status', 'user', 'start', 'end', 'duration_s'],
    ...columns.params.map((key) => `params.${key}`),
    ...columns.metrics.map((key) => `metrics.${key}`),
    ...columns.tags.map((key) => `tags.${key}`),
  ]
  yield dialect.start + csvLine(names.map(asText), dialect)
  for await (const rows of pages) yield rows.map((row) => csvLine(cellsOf(row, columns), dialect)).join('')
}

const asText = (text: string): Cell => ({ kind: 'text', text })

function cellsOf(row: ExportRow, columns: Columns): readonly Cell[] {
  const duration = durationOf(row)
  return [
    ...[row.id, row.name, row.status, row.user_id].map(asText),
    { kind: 'moment', iso: momentOf(row.start_ms) },
    row.end_ms === null ? undefined : { kind: 'moment', iso: momentOf(row.end_ms) },
    duration === undefined ? undefined : { kind: 'value', text: String(duration) },
    ...columns.params.map((key) => cellAt(row.params, key, 'value')),
    ...columns.metrics.map((key) => cellAt(row.metrics, key, 'value')),
    ...columns.tags.map((key) => cellAt(row.tags, key, 'text')),
  ]
}

function cellAt(values: Values<string | WireDouble> | null, key: string, kind: 'text' | 'value'): Cell {
  const value = values !== null && Object.hasOwn(values, key) ? values[key] : undefined
  return value === undefined ? undefined : { kind, text: String(value) }
}

async function* jsonParts(pages: AsyncIterable<readonly ExportRow[]>): AsyncGenerator<string> {
  let separator = '['
  for await (const rows of pages) {
    const texts = rows.map((row) => JSON.stringify(toExported(row)))
    yield separator + texts.join(',\n')
    separator = ',\n'
  }
  yield separator === '[' ? '[]' : ']'
}

function toExported(row: ExportRow) {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    user: row.user_id,
    start: momentOf(row.start_ms),
    end: row.end_ms === null ? undefined : momentOf(row.end_ms),
    duration_s: durationOf(row),
    params: row.params ?? {},
    metrics: row.metrics ?? {},
    tags: row.tags ?? {},
  }
}
