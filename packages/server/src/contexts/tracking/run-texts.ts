import { Readable } from 'node:stream'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { JsonText } from '../../platform/mlflow/index.js'
import { runModelColumns } from './logged-models/run-models.js'
import { type RunHead, runHead, runsOfIds, toRunInfo } from './run-store.js'

/**
 * Runs of a page in their wire form. The lists are written as JSON by the database and put into the reply unparsed: for a page
 * of runs with fifty values each that takes half the time of building objects.
 */
interface WireRow extends RunHead {
  readonly metrics: string | null
  readonly params: string | null
  readonly tags: string | null
  readonly dataset_inputs: string | null
  readonly model_inputs: string | null
  readonly model_outputs: string | null
}

/** The newest value of a series, as JSON. */
export const valueText = sql`case when last_is_nan then '"NaN"' else last_value::text end`

const jsonText = (column: string) => sql`to_json(${sql.ref(column)})::text`

/** Rows of a run as the text between the brackets of a JSON list or object. */
export function listText(item: RawBuilder<unknown>, from: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select string_agg(${item}, ',' order by key) from ${from})`
}

const keyAndValue = sql`'{"key":' || ${jsonText('key')} || ',"value":' || ${jsonText('value')} || '}'`
const metric = sql`'{"key":' || ${jsonText('key')} || ',"value":' || ${valueText}
  || ',"timestamp":' || last_ms || ',"step":' || last_step || '}'`

/** Runs as the MLflow protocol sends them, as JSON texts in the order of the ids. */
export async function selectWireTexts(ctx: VerbContext, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<WireRow>`
    select found.*, model_inputs::text as model_inputs, model_outputs::text as model_outputs from (
      select asked.position, ${runHead},
        ${listText(metric, sql`metric_series where run_id = r.id`)} as metrics,
        ${listText(keyAndValue, sql`params where run_id = r.id`)} as params,
        ${listText(keyAndValue, sql`run_tags where run_id = r.id`)} as tags,
        (select json_agg(json_strip_nulls(json_build_object(
           'tags', (select json_agg(json_build_object('key', t.key, 'value', t.value)) from jsonb_each_text(i.tags) t),
           'dataset', json_build_object('name', d.name, 'digest', d.digest, 'source_type', d.source_type, 'source', d.source,
             'schema', d.schema, 'profile', d.profile))) order by d.id)
         from run_inputs i join tracked_datasets d on d.id = i.dataset_id where i.run_id = r.id)::text as dataset_inputs,
        ${runModelColumns(sql.ref('r.id'))}
      from ${runsOfIds(ids)}
    ) found order by found.position
  `.execute(ctx.db)
  return rows.map(toWireText)
}

/** Members of a JSON object, those without a text left out. */
function members(entries: readonly (readonly [name: string, text: string | null])[]): string {
  return entries.flatMap(([name, text]) => (text === null ? [] : [`"${name}":${text}`])).join(',')
}

const list = (text: string | null) => (text === null ? null : `[${text}]`)

function toWireText(row: WireRow): string {
  const data = members([
    ['metrics', list(row.metrics)],
    ['params', list(row.params)],
    ['tags', list(row.tags)],
  ])
  const inputs = members([
    ['dataset_inputs', row.dataset_inputs],
    ['model_inputs', row.model_inputs],
  ])
  const outputs = members([['model_outputs', row.model_outputs]])
  return `{"info":${JSON.stringify(toRunInfo(row))},"data":{${data}},"inputs":{${inputs}},"outputs":{${outputs}}}`
}

export interface RunTexts {
  readonly count: number
  readonly parts: AsyncIterable<readonly string[]>
  readonly nextPageToken: string | undefined
}

/** Runs sent in one text; more are sent as a stream, so that a long page is never held in memory. */
const wholeMax = 1000

/** The reply to `runs/search`. */
export async function runPageText(page: RunTexts): Promise<JsonText> {
  if (page.count === 0) return new JsonText('{}')
  if (page.count > wholeMax) return new JsonText(Readable.from(runPageParts(page), { objectMode: false }))
  const parts: string[] = []
  for await (const part of runPageParts(page)) parts.push(part)
  return new JsonText(parts.join(''))
}

async function* runPageParts({ parts, nextPageToken }: RunTexts): AsyncGenerator<string> {
  let start = '{"runs":['
  for await (const texts of parts) {
    if (texts.length === 0) continue
    yield start + texts.join(',')
    start = ','
  }
  // Runs that were found may be purged before they are read.
  if (start !== ',') yield start
  yield nextPageToken === undefined ? ']}' : `],"next_page_token":${JSON.stringify(nextPageToken)}}`
}
