import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import { engineModule, fillColumn, sqlName, sqlText } from '../../platform/duckdb/index.js'
import type { ColumnValues } from './model-column.js'
import type { PredictedColumn } from './open-batch-model.js'

/** Rows of one chunk of the engine. */
const chunkRows = 2048

/** Texts that differ within a part, up to which each stands there once. */
const dictionaryMax = 1000

type Numbers = Exclude<ColumnValues, string[]>

/** The answers to the rows of one part by column, texts by their place among those that occur. */
export class PredictedPart {
  /** By row: 0 where it has its answer, else why not. */
  readonly wrong: Int32Array
  readonly #columns: readonly PredictedColumn[]
  readonly #rowCount: number
  readonly #values: (Numbers | undefined)[]
  readonly #texts: Map<string, number>[]

  constructor(columns: readonly PredictedColumn[], rowCount: number) {
    this.#columns = columns
    this.#rowCount = rowCount
    this.#values = columns.map(() => undefined)
    this.#texts = columns.map(() => new Map())
    this.wrong = new Int32Array(rowCount)
  }

  /** Takes the answers to rows; `rows` are their places in the part, ascending. */
  take(answers: readonly ColumnValues[], rows: Int32Array): void {
    for (const [column, values] of answers.entries()) {
      if (Array.isArray(values)) this.#takeTexts(column, values, rows)
      else this.#takeNumbers(column, values, rows)
    }
  }

  #takeTexts(column: number, values: readonly string[], rows: Int32Array): void {
    const places = this.#texts[column] ?? new Map<string, number>()
    const codes = this.#valuesOf(column, () => new Int32Array(this.#rowCount))
    for (const [index, value] of values.entries()) {
      let code = places.get(value)
      if (code === undefined) {
        code = places.size
        places.set(value, code)
      }
      codes[rows[index] ?? 0] = code
    }
  }

  #takeNumbers(column: number, values: Numbers, rows: Int32Array): void {
    const all = this.#valuesOf(column, () => makeLike(values, this.#rowCount))
    const first = rows[0] ?? 0
    const last = rows[rows.length - 1] ?? first
    if (last - first + 1 === rows.length) copy(all, values, first)
    else {
      for (let index = 0; index < rows.length; index += 1) {
        const value = values[index]
        if (value !== undefined) put(all, rows[index] ?? 0, value)
      }
    }
    if (!(values instanceof Float32Array || values instanceof Float64Array)) return
    for (let index = 0; index < rows.length; index += 1) {
      if (!Number.isFinite(values[index])) this.wrong[rows[index] ?? 0] = notFinite
    }
  }

  #valuesOf(column: number, make: () => Numbers): Numbers {
    const known = this.#values[column] ?? make()
    this.#values[column] = known
    return known
  }

  /** Brings the answers to a table of the engine, row by row as the rows of the part, and gives the expressions of its columns. */
  async toTable(connection: DuckDBConnection, table: string): Promise<readonly string[]> {
    const { DuckDBDataChunk, INTEGER } = engineModule()
    const stored = this.#columns.map((column, index) => this.#stored(column, index))
    const declared = stored.map(({ sqlType }, index) => `p${index} ${sqlType}`)
    await connection.run(`create or replace temp table ${table} (${[...declared, 'wrong integer'].join(', ')})`)
    const types = [...stored.map(({ type }) => type), INTEGER]
    const appender = await connection.createAppender(table)
    for (let from = 0; from < this.#rowCount; from += chunkRows) {
      const to = Math.min(from + chunkRows, this.#rowCount)
      const chunk = DuckDBDataChunk.create(types, to - from)
      for (const [index, { slice }] of stored.entries()) fillColumn(chunk, index, slice(from, to))
      fillColumn(chunk, stored.length, this.wrong.subarray(from, to))
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    return this.#columns.map(({ name }, index) => `${stored[index]?.expression ?? 'null'} as ${sqlName(name)}`)
  }

  #stored({ type: wanted }: PredictedColumn, index: number): Stored {
    const { BIGINT, DOUBLE, FLOAT, INTEGER, UTINYINT, VARCHAR } = engineModule()
    const values = this.#values[index]
    const place = `p${index}`
    const texts = [...(this.#texts[index]?.keys() ?? [])]
    if (wanted === 'VARCHAR') {
      const codes = values ?? new Int32Array(this.#rowCount)
      if (texts.length <= dictionaryMax) {
        const list = `[${texts.map(sqlText).join(', ')}]::varchar[]`
        const slice = (from: number, to: number) => codes.subarray(from, to)
        return { type: INTEGER, sqlType: 'integer', slice, expression: `list_extract(${list}, ${place} + 1)` }
      }
      const slice = (from: number, to: number) =>
        Array.from(codes.subarray(from, to) as Int32Array, (code) => texts[code] ?? '')
      return { type: VARCHAR, sqlType: 'varchar', slice, expression: place }
    }
    const numbers = values ?? new Float64Array(this.#rowCount)
    const slice = (from: number, to: number) => numbers.subarray(from, to)
    const expression = `${place}::${wanted}`
    if (numbers instanceof Float32Array) return { type: FLOAT, sqlType: 'float', slice, expression }
    if (numbers instanceof BigInt64Array) return { type: BIGINT, sqlType: 'bigint', slice, expression }
    if (numbers instanceof Int32Array) return { type: INTEGER, sqlType: 'integer', slice, expression }
    if (numbers instanceof Uint8Array) return { type: UTINYINT, sqlType: 'utinyint', slice, expression }
    return { type: DOUBLE, sqlType: 'double', slice, expression }
  }
}

/** Why a row has no answer, beside the place from 1 of the column that it was refused for. */
export const notFinite = -1
export const failed = -2
export const refusedRow = -3

interface Stored {
  readonly type: DuckDBType
  readonly sqlType: string
  slice(from: number, to: number): Numbers | readonly string[]
  readonly expression: string
}

function makeLike(values: Numbers, count: number): Numbers {
  if (values instanceof Float32Array) return new Float32Array(count)
  if (values instanceof BigInt64Array) return new BigInt64Array(count)
  if (values instanceof Int32Array) return new Int32Array(count)
  return values instanceof Uint8Array ? new Uint8Array(count) : new Float64Array(count)
}

/** Both are of one kind: an output has one element type. */
function copy(target: Numbers, source: Numbers, from: number): void {
  ;(target as Float64Array).set(source as Float64Array, from)
}

function put(target: Numbers, place: number, value: number | bigint): void {
  ;(target as { [place: number]: number | bigint })[place] = value
}
