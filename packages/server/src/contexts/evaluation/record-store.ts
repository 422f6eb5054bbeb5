import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import type { RecordRow } from './model.js'

const columns = sql`id, input_hash, inputs, outputs, expectations, tags, source, source_id, source_type, created_ms,
  updated_ms, created_by, updated_by`

/** The records of these inputs, by hash. */
export async function selectByHash(
  ctx: VerbContext,
  datasetId: string,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, RecordRow>> {
  const { rows } = await sql<RecordRow>`
    select ${columns} from evaluation_dataset_records
    where dataset_id = ${datasetId} and input_hash = any(${[...hashes]}::text[])
  `.execute(ctx.db)
  return new Map(rows.map((row) => [row.input_hash, row]))
}

/** Writes records: new ones are inserted, known ones replaced. */
export async function upsertRecords(ctx: VerbContext, datasetId: string, rows: readonly RecordRow[]): Promise<void> {
  const column = <Value>(read: (row: RecordRow) => Value): Value[] => rows.map(read)
  await sql`
    insert into evaluation_dataset_records (dataset_id, ${columns})
    select ${datasetId}, * from unnest(${column((row) => row.id)}::text[], ${column((row) => row.input_hash)}::text[],
      ${column((row) => row.inputs)}::text[], ${column((row) => row.outputs)}::text[],
      ${column((row) => row.expectations)}::text[], ${column((row) => row.tags)}::text[],
      ${column((row) => row.source)}::text[], ${column((row) => row.source_id)}::text[],
      ${column((row) => row.source_type)}::text[], ${column((row) => row.created_ms)}::bigint[],
      ${column((row) => row.updated_ms)}::bigint[], ${column((row) => row.created_by)}::text[],
      ${column((row) => row.updated_by)}::text[])
    on conflict (dataset_id, input_hash) do update set outputs = excluded.outputs, expectations = excluded.expectations,
      tags = excluded.tags, updated_ms = excluded.updated_ms, updated_by = excluded.updated_by
  `.execute(ctx.db)
}

/** Records in the order they came, after a position. */
export async function selectRecords(
  ctx: VerbContext,
  datasetId: string,
  page: { readonly after: { readonly ms: number; readonly id: string } | undefined; readonly max: number },
): Promise<readonly RecordRow[]> {
  const after =
    page.after === undefined ? sql`true` : sql`(created_ms, id) > (${page.after.ms}::bigint, ${page.after.id}::text)`
  const { rows } = await sql<RecordRow>`
    select ${columns} from evaluation_dataset_records
    where dataset_id = ${datasetId} and ${after} order by created_ms, id limit ${page.max}
  `.execute(ctx.db)
  return rows
}

export async function deleteRecordRows(ctx: VerbContext, datasetId: string, ids: readonly string[]): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from evaluation_dataset_records where dataset_id = ${datasetId} and id = any(${[...ids]}::text[])
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0)
}
