import type { DuckDBConnection } from '@duckdb/node-api'
import type { Language, QuarantinedRow } from '@fabrique/contract'
import { present } from '../../kernel/index.js'
import { rowsOf, sqlText, type VerbContext } from '../../platform/index.js'
import { parseNote, storedNote, tellNote, type WordedReason } from './ingest-notes.js'

/** A row of the quarantine as the engine gives it. */
interface StoredRow {
  readonly file: string
  readonly line: string | null
  readonly column: string | null
  readonly value: string | null
  readonly reason: string
  readonly detail: string | null
  readonly row: string | null
}

export function toQuarantinedRow(
  { file, line, column, value, reason, detail, row }: StoredRow,
  language: Language,
): QuarantinedRow {
  return {
    file,
    ...(line === null ? {} : { line: Number(line) }),
    ...(column === null ? {} : { column }),
    ...(value === null ? {} : { value }),
    // It was written from the same closed list.
    reason: reason as QuarantinedRow['reason'],
    ...(detail === null ? {} : { detail: tellNote(parseNote(detail), language) }),
    ...(row === null ? {} : { row }),
  }
}

/** Rows of a quarantine file; `more` stands after the table in the SQL. */
export async function readQuarantine(
  connection: DuckDBConnection,
  { path, more, language }: { readonly path: string; readonly more: string; readonly language: Language },
): Promise<readonly QuarantinedRow[]> {
  const result = await connection.runAndReadAll(
    `select file, line, "column", value, reason, detail, "row" from read_parquet(${sqlText(path)}) ${more}`,
  )
  return rowsOf<StoredRow>(result).map((row) => toQuarantinedRow(row, language))
}

/** Writes what was set aside of all files to one Parquet file, and tells its first row. */
export async function gatherQuarantine(
  { ctx }: { readonly ctx: VerbContext },
  {
    files,
    unreadable,
    target,
  }: {
    readonly files: readonly string[]
    readonly unreadable: readonly ({ readonly name: string } & WordedReason)[]
    readonly target: string
  },
): Promise<{ readonly path: string; readonly first: QuarantinedRow }> {
  return ctx.data.use(async (connection) => {
    const columns = 'file, line, "column", value, reason, detail, "row"'
    const sources = [
      ...(files.length === 0 ? [] : [`select ${columns} from read_parquet([${files.map(sqlText).join(', ')}])`]),
      ...unreadable.map(
        ({ name, ...reason }) =>
          `select ${sqlText(name)}, cast(null as bigint), cast(null as varchar), cast(null as varchar), 'unreadable_file', ${sqlText(storedNote('file_unreadable', reason))}, cast(null as varchar)`,
      ),
    ]
    await connection.run(
      `copy (select * from (${sources.join(' union all ')}) t (${columns}))
       to ${sqlText(target)} (format parquet, compression zstd)`,
    )
    const [first] = await readQuarantine(connection, { path: target, more: 'limit 1', language: 'en' })
    return { path: target, first: present(first, 'first row of the quarantine') }
  }, ctx.signal)
}
