import { Readable } from 'node:stream'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { JsonText } from '../../platform/mlflow/index.js'
import { modelTextsOf } from './logged-models/run-models.js'
import { type RunHead, runHead, runsOfIds, toRunInfo } from './run-store.js'

/**
 * Runs of a page in their wire form. The lists are written as JSON by the database and put into the reply unparsed: for a page
 * of runs with fifty values each that takes half the time of building objects.
 */
interface WireRow extends RunHead {
  readonly metrics: string | null
  /** One object, as `{ "key" : "value" }`. */
  readonly params: string | null
  readonly tags: string | null
  readonly dataset_inputs: string | null
  readonly model_inputs: string | null
  readonly model_outputs: string | null
  readonly revision: string
  readonly touched_ms: number | null
  readonly horizon_tx: string
}

/** A run as it was read. */
export interface ReadText {
  readonly id: string
  readonly text: string
  readonly revision: string
  /** When it was noted last that metrics of the run are written; null where it never was. */
  readonly touchedMs: number | null
  /** Every transaction before this one had ended when the run was read. */
  readonly horizonTx: bigint
}

/**
 * What a run of the table or query `run` is at: another text after each change, but for metrics that follow within seconds on
 * others (`KeptRunTexts`).
 */
export const revisionOf = (run: RawBuilder<unknown>, id: RawBuilder<unknown>) => sql<string>`
  coalesce(${run}.changed_tx::text, '') || '.'
    || coalesce((select a.changed_tx::text from metric_activity a where a.run_id = ${id}), '')`

/** The newest value of a series, as JSON. */
export const valueText = sql`case when last_is_nan then '"NaN"' else last_value::text end`

const jsonText = (column: string) => sql`to_json(${sql.ref(column)})::text`

/** Rows of a run as the text between the brackets of a JSON list or object. */
export function listText(item: RawBuilder<unknown>, from: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select string_agg(${item}, ',' order by key) from ${from})`
}

/**
 * Keys and texts of a table of runs as one JSON object. This aggregate looks up once how its arguments become JSON, where `to_json`
 * does for each value, which takes twice as long.
 */
export function objectText(from: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(select json_object_agg(key, value order by key)::text from ${from})`
}

const metric = sql`'{"key":' || ${jsonText('key')} || ',"value":' || ${valueText}
  || ',"timestamp":' || last_ms || ',"step":' || last_step || '}'`

/** Runs as the MLflow protocol sends them, as JSON texts in the order of the ids. */
export async function selectWireTexts(ctx: VerbContext, ids: readonly string[]): Promise<readonly ReadText[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<WireRow>`
    select ${runHead},
      ${listText(metric, sql`metric_series where run_id = r.id`)} as metrics,
      ${objectText(sql`params where run_id = r.id`)} as params,
      ${objectText(sql`run_tags where run_id = r.id`)} as tags,
      inputs.dataset_inputs, models.model_inputs, models.model_outputs,
      ${revisionOf(sql`r`, sql`r.id`)} as revision,
      (select a.touched_ms from metric_activity a where a.run_id = r.id) as touched_ms,
      pg_snapshot_xmin(pg_current_snapshot())::text as horizon_tx
    from ${runsOfIds(ids)}
    left join ${datasetTextsOf(ids)} inputs on inputs.run_id = r.id
    left join ${modelTextsOf(ids)} models on models.run_id = r.id
    order by asked.position
  `.execute(ctx.db)
  return rows.map((row) => ({
    id: row.id,
    text: toWireText(row),
    revision: row.revision,
    touchedMs: row.touched_ms,
    horizonTx: BigInt(row.horizon_tx),
  }))
}

/** The data sets of runs. Few runs have any, so they are looked for once rather than for each run. */
function datasetTextsOf(ids: readonly string[]): RawBuilder<unknown> {
  return sql`(
    select i.run_id, json_agg(json_strip_nulls(json_build_object(
      'tags', (select json_agg(json_build_object('key', t.key, 'value', t.value)) from jsonb_each_text(i.tags) t),
      'dataset', json_build_object('name', d.name, 'digest', d.digest, 'source_type', d.source_type, 'source', d.source,
        'schema', d.schema, 'profile', d.profile))) order by d.id)::text as dataset_inputs
    from run_inputs i join tracked_datasets d on d.id = i.dataset_id
    where i.run_id = any(${[...ids]}::text[]) group by i.run_id)`
}

/** A key and its text in an object that the database wrote; quotes within either stand behind a backslash. */
const pair = /("[^"\\]*(?:\\.[^"\\]*)*") : ("[^"\\]*(?:\\.[^"\\]*)*")/g

/** An object that the database wrote, of texts, as the protocol has it: a list of `{key, value}`. */
export function pairsText(object: string): string {
  return `[${object.slice(2, -2).replace(pair, '{"key":$1,"value":$2}')}]`
}

/** Members of a JSON object, those without a text left out. */
function members(entries: readonly (readonly [name: string, text: string | null])[]): string {
  return entries.flatMap(([name, text]) => (text === null ? [] : [`"${name}":${text}`])).join(',')
}

function toWireText(row: WireRow): string {
  const data = members([
    ['metrics', row.metrics === null ? null : `[${row.metrics}]`],
    ['params', row.params === null ? null : pairsText(row.params)],
    ['tags', row.tags === null ? null : pairsText(row.tags)],
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
  readonly parts: AsyncIterable<readonly Buffer[]>
  readonly nextPageToken: string | undefined
}

/** Runs sent in one piece; more are sent as a stream, so that a long page is never held in memory. */
const wholeMax = 1000

/** The reply to `runs/search`. */
export async function runPageText(page: RunTexts): Promise<JsonText> {
  if (page.count === 0) return new JsonText('{}')
  if (page.count > wholeMax) return new JsonText(Readable.from(bytesOfParts(page), { objectMode: false }))
  const texts: Buffer[] = []
  for await (const part of runPageParts(page)) texts.push(...part)
  return new JsonText(Buffer.concat(texts))
}

const comma = Buffer.from(',')

async function* runPageParts({ parts, nextPageToken }: RunTexts): AsyncGenerator<readonly Buffer[]> {
  let start = Buffer.from('{"runs":[')
  for await (const texts of parts) {
    if (texts.length === 0) continue
    yield texts.flatMap((text, index) => [index === 0 ? start : comma, text])
    start = comma
  }
  // Runs that were found may be purged before they are read.
  if (start !== comma) yield [start]
  yield [Buffer.from(nextPageToken === undefined ? ']}' : `],"next_page_token":${JSON.stringify(nextPageToken)}}`)]
}

async function* bytesOfParts(page: RunTexts): AsyncGenerator<Buffer> {
  for await (const texts of runPageParts(page)) yield Buffer.concat(texts)
}
