import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, readVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { datasetChanged, lockDataset, selectDataset } from './dataset-store.js'
import { datasetDigest } from './digest.js'
import { inputHash, mergedRow, newRow } from './merge-record.js'
import { extendSchema, type NewRecord, type RecordRow } from './model.js'
import { deleteRecordRows, selectByHash, selectRecords, upsertRecords } from './record-store.js'
import { DatasetId, Record, Text } from './schema.js'

export interface UpsertCounts {
  readonly inserted: number
  readonly updated: number
}

/** Reads and hashes records; what is nested deeper than the program can follow is the fault of the caller. */
function hashed(records: readonly NewRecord[]): readonly (readonly [hash: string, record: NewRecord])[] {
  try {
    return records.map((record) => [inputHash(record), record] as const)
  } catch (error) {
    if (error instanceof RangeError) throw invalidValue('records', records.length, 'a record is nested too deep')
    throw error
  }
}

/**
 * Adds records to a data set. A record with inputs that are there already replaces the outputs and adds to expectations and
 * tags. All or nothing. Throws `evaluation_dataset_not_found`, `mlflow_invalid_value`.
 */
export const upsertDatasetRecords = changeVerb({
  name: 'evaluation.upsert_dataset_records',
  permission: 'traces.write',
  input: DatasetId.extend({ records: z.array(Record) }),
  async run({ ctx, input, record, unchanged }): Promise<UpsertCounts> {
    const max = limit('evaluation.records_per_request_max')
    if (input.records.length > max) {
      throw invalidValue('records', input.records.length, `at most ${max} records are written at once`)
    }
    const given = hashed(input.records)
    const dataset = await lockDataset(ctx, input.dataset_id)
    if (given.length === 0) {
      unchanged()
      return { inserted: 0, updated: 0 }
    }
    const known = await selectByHash(
      ctx,
      input.dataset_id,
      given.map(([hash]) => hash),
    )
    const now = ctx.clock.now().getTime()
    const rows = new Map<string, RecordRow>()
    let updated = 0
    for (const [hash, one] of given) {
      const old = rows.get(hash) ?? known.get(hash)
      if (old !== undefined) updated += 1
      rows.set(hash, old === undefined ? newRow(one, `dr-${ctx.ids.hex32()}`, hash, now) : mergedRow(old, one, now))
    }
    const inserted = given.length - updated
    checkCount(dataset.record_count + inserted)
    await upsertRecords(ctx, input.dataset_id, [...rows.values()])
    const users = [...rows.values()].flatMap(({ updated_by }) => (updated_by === null ? [] : [updated_by]))
    await sql`
      update evaluation_datasets set record_count = record_count + ${inserted}, updated_ms = ${now},
        digest = ${datasetDigest(dataset.name, now)}, schema = ${JSON.stringify(extendSchema(dataset.schema, input.records))}::json,
        updated_by = coalesce(${users.at(-1) ?? null}::text, updated_by)
      where id = ${input.dataset_id}
    `.execute(ctx.db)
    await record(datasetChanged(input.dataset_id, `${inserted} records added, ${updated} changed`))
    return { inserted, updated }
  },
})

function checkCount(count: number): void {
  const max = limit('evaluation.records_max')
  if (count > max) throw invalidValue('records', count, `a data set has at most ${max} records`)
}

/** Deletes records of a data set; returns how many were there. Throws `evaluation_dataset_not_found`. */
export const deleteDatasetRecords = changeVerb({
  name: 'evaluation.delete_dataset_records',
  permission: 'traces.write',
  input: DatasetId.extend({ record_ids: z.array(Text) }),
  async run({ ctx, input, record, unchanged }): Promise<number> {
    const { name } = await lockDataset(ctx, input.dataset_id)
    const deleted = await deleteRecordRows(ctx, input.dataset_id, input.record_ids)
    if (deleted === 0) {
      unchanged()
      return 0
    }
    const now = ctx.clock.now().getTime()
    await sql`
      update evaluation_datasets set record_count = record_count - ${deleted}, updated_ms = ${now},
        digest = ${datasetDigest(name, now)}
      where id = ${input.dataset_id}
    `.execute(ctx.db)
    await record(datasetChanged(input.dataset_id, `${deleted} records deleted`))
    return deleted
  },
})

export interface RecordPage {
  readonly records: readonly RecordRow[]
  readonly next_page_token?: string
}

const tokenOf = ({ created_ms, id }: RecordRow) => Buffer.from(`${created_ms}:${id}`).toString('base64')

/** The position in a page token: the time and id of the last record before it. Throws `page_token_invalid`. */
function positionOf(token: string | undefined): { readonly ms: number; readonly id: string } | undefined {
  if (token === undefined || token === '') return undefined
  const match = /^(\d{1,15}):([\w-]{1,100})$/.exec(Buffer.from(token, 'base64').toString('utf8'))
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new FabriqueError('page_token_invalid', { token: token.slice(0, 100) })
  }
  return { ms: Number(match[1]), id: match[2] }
}

/** Records in the order they came. Throws `evaluation_dataset_not_found`, `page_token_invalid`. */
export const getDatasetRecords = readVerb({
  name: 'evaluation.get_dataset_records',
  permission: 'traces.read',
  input: DatasetId.extend({ max_results: z.number().int().default(1000), page_token: z.string().optional() }),
  async run({ ctx, input }): Promise<RecordPage> {
    const size = Math.min(Math.max(1, input.max_results), limit('evaluation.records_page_max'))
    const after = positionOf(input.page_token)
    await selectDataset(ctx, input.dataset_id)
    const rows = await selectRecords(ctx, input.dataset_id, { after, max: size + 1 })
    const records = rows.slice(0, size)
    const last = records.at(-1)
    return rows.length > size && last !== undefined ? { records, next_page_token: tokenOf(last) } : { records }
  },
})
