import { open, rename, stat } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Language } from '@fabrique/contract'
import { errorMessage, FabriqueError, isFabriqueError } from '@fabrique/contract/errors'
import { z } from 'zod'
import { copyColumn, readChunks, rowsOf, sqlName, sqlText } from '../../platform/duckdb/index.js'
import type { BatchProgress, BatchRows, FinishedPart, RejectedRow, RowColumn, RowCounts, RowFile } from './model.js'
import { type ColumnValues, type ModelColumn, makeValues } from './model-column.js'
import type { BatchModel } from './open-batch-model.js'
import type { PartFolder } from './part-folder.js'
import { failed, notFinite, PredictedPart, refusedRow } from './predicted-part.js'
import { refused } from './refused.js'
import { columnSql, firstWrongSql, refusalOfType } from './row-sql.js'

export interface ScoreInput {
  /** A connection of its own, whose statements do not overlap. */
  readonly connection: DuckDBConnection
  readonly model: BatchModel
  readonly rows: BatchRows
  /** A column that says why a row is not to be asked; null where it is. It is none of the columns of the rows. */
  readonly refusedBy?: string | undefined
  /** Columns of the rows that stand beside the answers. */
  readonly kept: readonly RowColumn[]
  readonly folder: PartFolder
  readonly partRows: number
  /** More rejected rows than this end the work. */
  readonly rejectedMax?: number | undefined
  readonly language: Language
  /** A clock in seconds. */
  seconds(): number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: BatchProgress) => void) | undefined
}

/** Values in one computation at most: they bound its memory, whatever the width of the rows. */
const batchValuesMax = 4_000_000
const batchRowsMax = 16_384

/** Bytes of the answers of a part. */
const partBytesMax = 256 * 1024 * 1024

/** Rows of a part, the same for each run of the same work. */
export function partRowsOf(model: BatchModel, rowsMax: number): number {
  const bytesOfRow = 8 * (model.predicted.length + 1)
  return Math.max(1, Math.min(rowsMax, Math.floor(partBytesMax / bytesOfRow)))
}

/**
 * Asks a model for all rows, part by part; those that are done are left as they are. A row that the model does not take, or has no finite answer
 * to, is set aside with the reason. Errors: `batch_refused`, `batch_rows_rejected`, `disk_full`.
 */
export async function scoreRows(input: ScoreInput): Promise<RowCounts> {
  const { folder, rows, signal, onProgress, rejectedMax } = input
  const total = rows.files.reduce((sum, { rowCount }) => sum + rowCount, 0)
  const counts = { rows: 0, predicted: 0, rejected: 0 }
  const began = input.seconds()
  let ownRows = 0
  let part = 0
  for (const range of rangesOf(rows.files, input.partRows)) {
    signal?.throwIfAborted()
    const done = folder.parts[part]
    const finished = done ?? (await scorePart(input, { part, range, before: counts.rows }))
    if (done === undefined) {
      await folder.add(finished)
      ownRows += finished.rows
    }
    counts.rows += finished.rows
    counts.predicted += finished.predicted
    counts.rejected += finished.rejected
    if (rejectedMax !== undefined && counts.rejected > rejectedMax) {
      throw new FabriqueError('batch_rows_rejected', {
        rejected: counts.rejected,
        rows: counts.rows,
        limit: rejectedMax,
      })
    }
    const rate = ownRows / Math.max(input.seconds() - began, 1e-3)
    onProgress?.({
      rowsDone: counts.rows,
      rowsTotal: total,
      rate,
      secondsLeft: (total - counts.rows) / Math.max(rate, 1),
    })
    part += 1
  }
  return counts
}

/** Refuses what can be known before a row is read. Throws `batch_refused`. */
export function checkColumns({ model, rows, kept }: Pick<ScoreInput, 'model' | 'rows' | 'kept'>): void {
  const names = rows.columns.map(({ name }) => name)
  const missing = model.columns.filter(({ name }) => !names.includes(name)).map(({ name }) => JSON.stringify(name))
  if (missing.length > 0) {
    const list = missing.slice(0, 10).join(', ')
    throw refused(`the rows have no column ${list}`, `les lignes n’ont pas de colonne ${list}`)
  }
  for (const column of model.columns) {
    const type = rows.columns.find(({ name }) => name === column.name)?.type ?? ''
    const why = refusalOfType(column, type)
    if (why !== undefined) throw refused(why.reason, why.reason_fr)
  }
  const taken = new Set(kept.map(({ name }) => name.toLowerCase()))
  const clash = model.predicted.find(({ name }) => taken.has(name.toLowerCase()))
  if (clash === undefined) return
  const name = JSON.stringify(clash.name)
  throw refused(
    `the rows have a column ${name}, which is the name of an answer: choose other columns`,
    `les lignes ont une colonne ${name}, qui est le nom d’une réponse\u202f: choisissez d’autres colonnes`,
  )
}

interface Range {
  readonly file: RowFile
  readonly from: number
  readonly to: number
}

/** The same for each run of the same work; at least one, so that the answers have columns. */
function* rangesOf(files: readonly RowFile[], partRows: number): Iterable<Range> {
  const filled = files.filter(({ rowCount }) => rowCount > 0)
  for (const file of filled.length === 0 ? files.slice(0, 1) : filled) {
    for (let from = 0; from < Math.max(file.rowCount, 1); from += partRows) {
      yield { file, from, to: Math.min(from + partRows, file.rowCount) }
    }
  }
}

interface PartAsked {
  readonly part: number
  readonly range: Range
  /** Rows of the parts before. */
  readonly before: number
}

const table = 'batch_answers'

async function scorePart(input: ScoreInput, { part, range, before }: PartAsked): Promise<FinishedPart> {
  const { connection, model, folder, kept } = input
  const rows = await rowsSql(input, range)
  const answered = new PredictedPart(model.predicted, range.to - range.from)
  const reasons = await answer(input, rows, answered)
  const columns = await answered.toTable(connection, table)
  const path = folder.rowsOf(part)
  const selected = [...kept.map(({ name }) => `r.${sqlName(name)}`), ...columns].join(', ')
  const source = `(select * from ${rows}) r positional join ${table} a`
  await connection.run(
    `copy (select ${selected} from ${source} where a.wrong = 0)
      to ${sqlText(`${path}.new`)} (format parquet, compression zstd, row_group_size 122880)`,
  )
  await settle(path)
  const rejected = answered.wrong.reduce((sum, why) => sum + (why === 0 ? 0 : 1), 0)
  const rejectedBytes = rejected === 0 ? 0 : await writeRejected(input, { part, before, source, reasons })
  await connection.run(`drop table ${table}`)
  const { size: bytes } = await stat(path)
  const count = range.to - range.from
  return { rows: count, predicted: count - rejected, rejected, bytes, rejectedBytes }
}

/** Some rows of a file with the columns of all files. */
async function rowsSql({ connection, rows, refusedBy }: ScoreInput, { file, from, to }: Range): Promise<string> {
  const described = rowsOf<{ column_name: string; column_type: string }>(
    await connection.runAndReadAll(`describe select * from read_parquet(${sqlText(file.path)})`),
  )
  const there = new Map(described.map(({ column_name, column_type }) => [column_name, column_type]))
  const columns = rows.columns.map(({ name, type }) => {
    const own = there.get(name)
    if (own === undefined) return `null::${type} as ${sqlName(name)}`
    return own === type ? sqlName(name) : `${sqlName(name)}::${type} as ${sqlName(name)}`
  })
  if (refusedBy !== undefined) columns.push(sqlName(refusedBy))
  const place = 'file_row_number'
  const isTaken = [...there.keys()].some((name) => name.toLowerCase() === place)
  const read = isTaken
    ? `(select * from read_parquet(${sqlText(file.path)}) limit ${to - from} offset ${from})`
    : `(select * from read_parquet(${sqlText(file.path)}, file_row_number = true) where ${place} >= ${from} and ${place} < ${to})`
  return `(select ${columns.join(', ')} from ${read})`
}

/** Asks the model for rows as they come, in batches; gives the reasons of those that it failed for, by row. */
async function answer(input: ScoreInput, rows: string, answered: PredictedPart): Promise<ReadonlyMap<number, string>> {
  const { connection, model, signal } = input
  const { columns } = model
  const types = new Map(input.rows.columns.map(({ name, type }) => [name, type]))
  const alias = (index: number) => `fabrique__${index}`
  const sql = columns.map((column, index) => columnSql(column, types.get(column.name) ?? 'VARCHAR', alias(index)))
  const taken = `coalesce(${firstWrongSql(sql)} + 1, 0)`
  const { refusedBy } = input
  const wrong =
    refusedBy === undefined ? taken : `case when ${sqlName(refusedBy)} is null then ${taken} else ${refusedRow} end`
  const selected = [...sql.map(({ value }, index) => `${value} as v${index}`), `${wrong} as w`]
  const read = sql.map((column, index) => `${column.read} as ${sqlName(alias(index))}`)
  const chunks = readChunks(
    connection,
    `select ${selected.join(', ')} from (select *, ${read.join(', ')} from ${rows})`,
  )
  const capacity = Math.max(1, Math.min(batchRowsMax, Math.floor(batchValuesMax / Math.max(columns.length, 1))))
  const batch = new Batch(columns, capacity)
  const reasons = new Map<number, string>()
  let rowsRead = 0
  const ask = async () => {
    signal?.throwIfAborted()
    await batch.ask(model, answered, reasons)
  }
  for await (const chunk of chunks) {
    const wrong = new Int32Array(chunk.rowCount)
    copyColumn(chunk, columns.length, { values: wrong, from: 0 })
    answered.wrong.set(wrong, rowsRead)
    if (batch.count + chunk.rowCount > batch.room) await ask()
    const from = batch.count
    for (const [index, values] of batch.values.entries()) copyColumn(chunk, index, { values, from })
    batch.add(wrong, rowsRead)
    rowsRead += chunk.rowCount
  }
  await ask()
  return reasons
}

/** Rows that wait to be asked together. */
class Batch {
  readonly values: readonly ColumnValues[]
  readonly room: number
  count = 0
  readonly #rows: Int32Array

  constructor(columns: readonly ModelColumn[], capacity: number) {
    // A chunk is copied as a whole, the rows that are refused among it.
    this.room = capacity + chunkRowsMax
    this.values = columns.map(({ datatype }) => makeValues(datatype, this.room))
    this.#rows = new Int32Array(this.room)
  }

  /** Counts the rows of a chunk that was copied behind the others; closes the gaps of those that are refused. */
  add(wrong: Int32Array, firstRow: number): void {
    const from = this.count
    for (let index = 0; index < wrong.length; index += 1) {
      if (wrong[index] !== 0) continue
      const place = this.count
      this.#rows[place] = firstRow + index
      if (place !== from + index)
        for (const values of this.values) values.copyWithin(place, from + index, from + index + 1)
      this.count += 1
    }
  }

  async ask(model: BatchModel, answered: PredictedPart, reasons: Map<number, string>): Promise<void> {
    const { count } = this
    this.count = 0
    await this.#askSome(model, { from: 0, to: count, answered, reasons })
  }

  /** Where the computation fails for some rows, it is asked for one half and the other, so that only those are set aside that it fails for. */
  async #askSome(model: BatchModel, asked: AskedRows): Promise<void> {
    const { from, to, answered, reasons } = asked
    if (from === to) return
    const rows = this.#rows.subarray(from, to)
    try {
      const values = this.values.map((column) => column.slice(from, to) as ColumnValues)
      answered.take(await model.predict(values, to - from), rows)
    } catch (error) {
      // Not for some rows: there is nobody to ask any more.
      if (isFabriqueError(error) && error.code === 'batch_crashed') throw error
      if (to - from === 1) {
        const row = rows[0] ?? 0
        answered.wrong[row] = failed
        reasons.set(row, reasonOf(error))
        return
      }
      const middle = (from + to) >> 1
      await this.#askSome(model, { ...asked, to: middle })
      await this.#askSome(model, { ...asked, from: middle })
    }
  }
}

/** Rows of one chunk of the engine. */
const chunkRowsMax = 2048

interface AskedRows {
  readonly from: number
  readonly to: number
  readonly answered: PredictedPart
  readonly reasons: Map<number, string>
}

function reasonOf(error: unknown): string {
  if (isFabriqueError(error)) return errorMessage(error, 'en')
  return (error instanceof Error ? error.message : String(error))
    .replace(/\/[\w./-]+\.(?:cc|h):\d+\s*/g, '')
    .slice(0, 500)
}

interface RejectedAsked {
  readonly part: number
  readonly before: number
  /** Rows beside what became of them. */
  readonly source: string
  readonly reasons: ReadonlyMap<number, string>
}

/** Writes the rows that are set aside as lines of JSON: number, reason, and what the row holds. */
async function writeRejected(input: ScoreInput, { part, before, source, reasons }: RejectedAsked): Promise<number> {
  const { connection, model, folder, language } = input
  const values = input.rows.columns.map(({ name, type }) => `${sqlText(name)}, ${jsonValue(name, type)}`)
  const refused = input.refusedBy === undefined ? 'null' : sqlName(input.refusedBy)
  const chunks = readChunks(
    connection,
    `select place::double, wrong, json_object(${values.join(', ')})::varchar, ${refused}::varchar
     from (select *, row_number() over () - 1 as place from ${source}) where wrong <> 0 order by place`,
  )
  const path = folder.rejectedOf(part)
  const file = await open(`${path}.new`, 'w')
  try {
    for await (const chunk of chunks) {
      const lines = chunk.getRows().map(([place, wrong, text, refusal]) => {
        const row = before + Number(place) + 1
        const told = rejectionOf({
          model,
          row,
          wrong: Number(wrong),
          language,
          values: String(text),
          reason: reasons.get(Number(place)),
          refusal: typeof refusal === 'string' ? refusal : '{}',
        })
        return `${JSON.stringify(told).slice(0, -1)},"values":${String(text)}}\n`
      })
      await file.write(lines.join(''))
    }
  } finally {
    await file.close()
  }
  await settle(path)
  return (await stat(path)).size
}

interface Rejection {
  readonly model: BatchModel
  readonly row: number
  readonly wrong: number
  readonly values: string
  readonly reason: string | undefined
  /** Why it was not to be asked, as JSON. */
  readonly refusal: string
  readonly language: Language
}

const Refusal = z.object({ keys: z.string(), reason: z.string(), reason_fr: z.string() })

function rejectionOf({ model, row, wrong, values, reason, refusal, language }: Rejection): RejectedRow {
  if (wrong === failed) {
    const error = new FabriqueError('model_failed', { reason: reason ?? '' })
    return { row, code: error.code, reason: errorMessage(error, language) }
  }
  if (wrong === refusedRow) {
    const told = Refusal.parse(JSON.parse(refusal))
    const error = new FabriqueError('feature_values_missing', { ...told, row })
    return { row, code: error.code, reason: errorMessage(error, language) }
  }
  const column = model.columns[wrong - 1]
  if (wrong === notFinite || column === undefined) {
    const error = new FabriqueError('prediction_not_finite', { row })
    return { row, code: error.code, reason: errorMessage(error, language) }
  }
  const held: unknown = JSON.parse(values)
  const value = JSON.stringify((held as Readonly<Record<string, unknown>>)[column.name] ?? null).slice(0, 100)
  const { en, fr } = expectedOf(column)
  const params = { feature: column.name, row, expected: en, expected_fr: fr, value }
  const error = new FabriqueError('feature_value_wrong', params)
  return { row, code: error.code, feature: column.name, reason: errorMessage(error, language) }
}

/** What a column takes, in both languages. */
function expectedOf({ datatype, spec }: ModelColumn): { readonly en: string; readonly fr: string } {
  const list = spec.values?.join(', ')
  const told =
    datatype === 'BYTES'
      ? list === undefined || spec.takes_unseen === true
        ? { en: 'a text', fr: 'un texte' }
        : { en: `one of ${list}`, fr: `l’une des valeurs ${list}` }
      : spec.type === 'timestamp'
        ? { en: 'a moment as ISO 8601', fr: 'un instant en ISO 8601' }
        : spec.type === 'boolean'
          ? { en: 'true or false', fr: 'true ou false' }
          : spec.type === 'integer'
            ? { en: 'a whole number', fr: 'un nombre entier' }
            : { en: 'a finite number within the 32-bit range', fr: 'un nombre fini représentable sur 32 bits' }
  return spec.nullable === true ? { en: `${told.en}, or missing`, fr: `${told.fr}, ou absent` } : told
}

/** NaN and infinities, which JSON does not have, as text. */
function jsonValue(name: string, type: string): string {
  const column = sqlName(name)
  if (type !== 'DOUBLE' && type !== 'FLOAT') return column
  return `case when isfinite(${column}) then to_json(${column}) when ${column} is null then null else to_json(${column}::varchar) end`
}

/** Gives a file that is written its name once it is on the disk. */
async function settle(path: string): Promise<void> {
  const file = await open(`${path}.new`, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
