import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { isFabriqueError, type Json, type Profile } from '@fabrique/contract'
import { limit, present } from '../../../kernel/index.js'
import { sqlName, sqlText } from '../../../platform/duckdb/index.js'
import { checkSelect } from '../../datasets/files.js'
import { type Columns, columnOf, everyRow, type TableColumn, tableColumns } from './columns.js'
import { type KnownColumn, knownColumns } from './known-figures.js'
import { CannotEvaluate } from './model.js'

/** True for the text form of a value that passes. */
export type Judge = (text: string) => boolean

/** What a judge found among the values of a source: how many rows, and SQL that is true for an unexpected text. */
export interface Judged {
  readonly rows: number
  readonly isUnexpected: (sql: string) => string
}

/**
 * Reads a table for many askers at once: what is asked before the next turn of the event loop, of the same source, is answered
 * by one statement. Equal expressions are calculated once.
 */
export interface Scan {
  readonly columns: Columns
  /** The table with the values of its columns under short names; what stands after `from`. */
  readonly base: string
  /** The same with `rn`, the number of the row from 0. */
  readonly numbered: string
  column(name: string): TableColumn
  /** What is known of a column without reading it. */
  known(column: TableColumn): KnownColumn | undefined
  /** Rows of the base that fulfil a condition. */
  count(condition: string): Promise<number>
  /** True where it is known that every row fulfils a condition. */
  isEvery(condition: string): boolean
  /** The value of an expression over no table. */
  tell(expression: string): Promise<Json>
  /** The value of an aggregate over a source. Numbers of 64 bits come as text: cast counts to DOUBLE. */
  ask(source: string, expression: string): Promise<Json>
  /** The rows of a statement of its own. */
  rows(sql: string): Promise<readonly (readonly Json[])[]>
  /** Gives each row of two numbers to the visitor, without holding them all. */
  each(sql: string, visit: (first: number, second: number) => void): Promise<void>
  /** Refuses a statement that does anything but select from the named tables. */
  checkSelect(sql: string, tables: readonly string[]): Promise<void>
  /** Judges each distinct `v` of a source of `(v, n)` in this process. */
  judge(source: string, judge: Judge): Promise<Judged>
  /** How many of some rows a COMPLETE result may list: all have one bound together, and a few are always there. */
  takeListed(rows: number): number
  close(): Promise<void>
}

interface Asked {
  readonly resolve: (value: Json) => void
  readonly reject: (reason: unknown) => void
}

const expressionsMax = 400
const literalsMax = 1000
/** Errors of a statement that are the fault of an expectation; all others end the evaluation. */
const ofExpectation =
  /^(Conversion|Binder|Out of Range|Invalid Input|Parser|Catalog|Invalid type|Not implemented) Error/i

function asReason(error: unknown): unknown {
  if (isFabriqueError(error)) return new CannotEvaluate(error.message, { cause: error })
  if (!(error instanceof Error) || !ofExpectation.test(error.message)) return error
  return new CannotEvaluate(error.message.split('\n')[0], { cause: error })
}

/** Opens a scan of a table: what stands after `from` in the SQL of DuckDB. A profile is that of the same rows. */
export async function openScan(connection: DuckDBConnection, table: string, profile?: Profile): Promise<Scan> {
  const described = await connection.runAndReadAll(`describe select * from ${table}`)
  const known = (described.getRowsJson() as readonly (readonly string[])[]).map(([name = '', type = '']) => ({
    name,
    type,
  }))
  return new BatchedScan({ connection, table, known, profile })
}

interface ScanGiven {
  readonly connection: DuckDBConnection
  readonly table: string
  readonly known: readonly { readonly name: string; readonly type: string }[]
  readonly profile: Profile | undefined
}

class BatchedScan implements Scan {
  readonly columns: Columns
  readonly base: string
  readonly numbered: string
  readonly #connection: DuckDBConnection
  readonly #asked = new Map<string, Map<string, Asked[]>>()
  readonly #answered = new Map<string, Promise<Json>>()
  readonly #judging = new Map<
    string,
    { judge: Judge; resolve: (judged: Judged) => void; reject: (reason: unknown) => void }[]
  >()
  readonly #tables: string[] = []
  readonly #known: ReadonlyMap<string, KnownColumn>
  /** Numbers of rows by the conditions that tell them. */
  readonly #counts: ReadonlyMap<string, number>
  #turn: Promise<void> | undefined
  #listedLeft = limit('checks.listed_max')
  #last: Promise<unknown> = Promise.resolve()

  constructor({ connection, table, known, profile }: ScanGiven) {
    this.#connection = connection
    const plain = [...tableColumns(known).values()]
    this.columns = new Map(plain.map((column, index) => [column.name, { ...column, sql: `c${index}` }]))
    this.#known = profile === undefined ? new Map() : knownColumns(profile, this.columns.values())
    // What is known has no NaN that would count as missing.
    const list = plain
      .map(({ name, sql }, index) => `${this.#known.has(name) ? sqlName(name) : sql} as c${index}`)
      .join(', ')
    this.base = `(select ${list === '' ? '1 as nothing' : list} from ${table})`
    this.numbered = `(select row_number() over () - 1 as rn, * from ${this.base})`
    const counts = [...this.columns.values()].flatMap(({ name, sql }) => {
      const figures = this.#known.get(name)
      return figures === undefined ? [] : [[`${sql} is not null`, figures.values] as const]
    })
    this.#counts = new Map<string, number>([
      ...(profile === undefined ? [] : [[everyRow, profile.row_count] as const]),
      ...counts,
    ])
  }

  column(name: string): TableColumn {
    return columnOf(this.columns, name)
  }

  known({ name }: TableColumn): KnownColumn | undefined {
    return this.#known.get(name)
  }

  async count(condition: string): Promise<number> {
    return this.#counted(condition) ?? Number(await this.ask(this.base, `count_if(${condition})::DOUBLE`))
  }

  isEvery(condition: string): boolean {
    const counted = this.#counted(condition)
    return counted !== undefined && counted === this.#counts.get(everyRow)
  }

  /** Rows that fulfil a condition, where that is known: of one column, or of several of which some have a value in every row. */
  #counted(condition: string): number | undefined {
    const known = this.#counts.get(condition)
    const all = this.#counts.get(everyRow)
    if (known !== undefined || all === undefined) return known
    const isWhole = (part: string) => this.#counts.get(part) === all
    const parts = condition.split(/ (?:or|and) /)
    // A text within a condition may hold anything: only conditions of nothing but presence are taken apart.
    if (!parts.every((part) => /^c\d+ is not null$/.test(part))) return undefined
    return parts.every(isWhole) || (!condition.includes(' and ') && parts.some(isWhole)) ? all : undefined
  }

  tell(expression: string): Promise<Json> {
    return this.ask('(select 1)', expression)
  }

  ask(source: string, expression: string): Promise<Json> {
    const key = `${source}\n${expression}`
    const known = this.#answered.get(key)
    if (known !== undefined) return known
    const answer = new Promise<Json>((resolve, reject) => {
      const ofSource = this.#asked.get(source) ?? new Map<string, Asked[]>()
      this.#asked.set(source, ofSource)
      ofSource.set(expression, [...(ofSource.get(expression) ?? []), { resolve, reject }])
    })
    this.#answered.set(key, answer)
    // Who asks may fail for another reason before it looks at this answer.
    answer.catch(() => undefined)
    this.#plan()
    return answer
  }

  async rows(sql: string): Promise<readonly (readonly Json[])[]> {
    return this.#alone(async () => (await this.#connection.runAndReadAll(sql)).getRowsJson() as Json[][])
  }

  each(sql: string, visit: (first: number, second: number) => void): Promise<void> {
    return this.#alone(async () => {
      const result = await this.#connection.run(sql)
      for (;;) {
        const chunk = await result.fetchChunk()
        if (chunk === null || chunk.rowCount === 0) return
        const [first = [], second = []] = chunk.getColumns()
        for (const [row, value] of first.entries()) visit(Number(value), Number(second[row]))
      }
    })
  }

  checkSelect(sql: string, tables: readonly string[]): Promise<void> {
    return this.#alone(() => checkSelect(this.#connection, sql, tables))
  }

  judge(source: string, judge: Judge): Promise<Judged> {
    const judged = new Promise<Judged>((resolve, reject) => {
      const ofSource = this.#judging.get(source) ?? []
      this.#judging.set(source, ofSource)
      ofSource.push({ judge, resolve, reject })
    })
    this.#plan()
    return judged
  }

  takeListed(rows: number): number {
    const own = Math.min(rows, limit('checks.unexpected_max'))
    const taken = Math.max(Math.min(own, this.#listedLeft), Math.min(own, limit('checks.partial_max')))
    this.#listedLeft = Math.max(0, this.#listedLeft - taken)
    return taken
  }

  async close(): Promise<void> {
    for (const table of this.#tables.splice(0)) await this.#connection.run(`drop table if exists ${table}`)
  }

  /** Statements of one connection must not overlap. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work).catch((error: unknown) => {
      throw asReason(error)
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  #plan(): void {
    this.#turn ??= nextTurn().then(async () => {
      this.#turn = undefined
      const asked = [...this.#asked]
      const judging = [...this.#judging]
      this.#asked.clear()
      this.#judging.clear()
      for (const [source, expressions] of asked) await this.#answer(source, [...expressions])
      for (const [source, judges] of judging) {
        try {
          const results = await this.#alone(() =>
            this.#judgeAll(
              source,
              judges.map(({ judge }) => judge),
            ),
          )
          for (const [index, { resolve, reject }] of judges.entries()) {
            const result = present(results[index], 'judged')
            if ('failure' in result) reject(result.failure)
            else resolve(result)
          }
        } catch (error) {
          for (const { reject } of judges) reject(error)
        }
      }
    })
  }

  async #answer(source: string, expressions: readonly (readonly [string, readonly Asked[]])[]): Promise<void> {
    for (let start = 0; start < expressions.length; start += expressionsMax) {
      const part = expressions.slice(start, start + expressionsMax)
      try {
        const [row = []] = await this.rows(`select ${part.map(([sql]) => sql).join(', ')} from ${source}`)
        for (const [index, [, askers]] of part.entries()) for (const { resolve } of askers) resolve(row[index] ?? null)
      } catch (error) {
        // One expression that cannot be calculated must not take the others with it.
        if (part.length > 1 && error instanceof CannotEvaluate) {
          for (const one of part) await this.#answer(source, [one])
        } else {
          for (const [, askers] of part) for (const { reject } of askers) reject(error)
        }
      }
    }
  }

  /** A judge that cannot judge fails alone. */
  async #judgeAll(
    source: string,
    judges: readonly Judge[],
  ): Promise<readonly (Judged | { readonly failure: unknown })[]> {
    const result = await this.#connection.run(`select v::VARCHAR, n::DOUBLE from ${source}`)
    const found = judges.map((judge) => ({ judge, rows: 0, texts: [] as string[], failure: undefined as unknown }))
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) break
      const [texts = [], counts = []] = chunk.getColumns() as [string[], number[]]
      for (const [row, text] of texts.entries()) {
        for (const own of found) {
          if (own.failure !== undefined) continue
          try {
            if (own.judge(text)) continue
          } catch (error) {
            own.failure = error
            continue
          }
          own.rows += counts[row] ?? 0
          own.texts.push(text)
        }
      }
    }
    const judged: (Judged | { readonly failure: unknown })[] = []
    for (const { rows, texts, failure } of found) {
      if (failure !== undefined) {
        judged.push({ failure })
        continue
      }
      const set = texts.length > literalsMax ? await this.#keep(texts) : `(${texts.map(sqlText).join(', ')})`
      judged.push({ rows, isUnexpected: (sql) => (texts.length === 0 ? 'false' : `${sql} in ${set}`) })
    }
    return judged
  }

  async #keep(texts: readonly string[]): Promise<string> {
    const table = `unexpected_texts_${this.#tables.length}`
    this.#tables.push(table)
    await this.#connection.run(`create or replace temp table ${table} (v VARCHAR)`)
    const appender = await this.#connection.createAppender(table)
    for (const text of texts) {
      appender.appendVarchar(text)
      appender.endRow()
    }
    appender.closeSync()
    return `(select v from ${table})`
  }
}
