import { readFileSync } from 'node:fs'
import { FabriqueError } from '@fabrique/contract'

export type Row = Readonly<Record<string, unknown>>

/** A database of MLflow, read with plain SQL; `?` stands for a value. */
export interface RowReader {
  tables(): Promise<ReadonlySet<string>>
  all(text: string, values?: readonly string[]): Promise<readonly Row[]>
  /** Rows in parts, for what does not fit into memory. */
  parts(text: string, values: readonly string[], size: number): AsyncIterable<readonly Row[]>
  close(): Promise<void>
}

/** Opens a SQLite file for reading. Throws `import_source_invalid`. */
export async function openSqlite(file: string): Promise<RowReader> {
  const header = readFileSync(file).subarray(0, 15).toString('latin1')
  if (header !== 'SQLite format 3') {
    throw new FabriqueError('import_source_invalid', { source: file, reason: 'it is not a SQLite database' })
  }
  // The engine is a WebAssembly module of a megabyte: loaded when it is needed.
  const { default: sqlite } = await import('node-sqlite3-wasm')
  const database = new sqlite.Database(file, { fileMustExist: true, readOnly: true })
  const all = async (text: string, values: readonly string[] = []) => database.all(text, [...values]) as readonly Row[]
  return {
    async tables() {
      const rows = await all("select name from sqlite_master where type = 'table'")
      return new Set(rows.map(({ name }) => String(name)))
    },
    all,
    async *parts(text, values, size) {
      const statement = database.prepare(text)
      try {
        let part: Row[] = []
        for (const row of statement.iterate([...values])) {
          part.push(row as Row)
          if (part.length < size) continue
          yield part
          part = []
        }
        if (part.length > 0) yield part
      } finally {
        statement.finalize()
      }
    },
    close: async () => database.close(),
  }
}

/** Opens a PostgreSQL database, all reads in one snapshot of it. Throws `import_source_invalid`. */
export async function openPostgres(url: string): Promise<RowReader> {
  const { default: pg } = await import('pg')
  // MLflow writes the driver of Python into the address.
  const client = new pg.Client({ connectionString: url.replace(/^postgres(?:ql)?(?:\+\w+)?:/, 'postgresql:') })
  try {
    await client.connect()
    await client.query('begin isolation level repeatable read read only')
  } catch (error) {
    const reason = error instanceof Error ? error.message || String(error) : String(error)
    throw new FabriqueError(
      'import_source_invalid',
      { source: url.replace(/\/\/[^@/]*@/, '//'), reason },
      { cause: error },
    )
  }
  const numbered = (text: string) => {
    let count = 0
    return text.replace(/\?/g, () => {
      count += 1
      return `$${count}`
    })
  }
  const all = async (text: string, values: readonly string[] = []) =>
    (await client.query<Row>(numbered(text), [...values])).rows
  return {
    async tables() {
      const rows = await all(
        'select table_name as name from information_schema.tables where table_schema = current_schema()',
      )
      return new Set(rows.map(({ name }) => String(name)))
    },
    all,
    async *parts(text, values, size) {
      await client.query(`declare part cursor for ${numbered(text)}`, [...values])
      try {
        for (;;) {
          const rows = await all(`fetch ${size} from part`)
          if (rows.length > 0) yield rows
          if (rows.length < size) break
        }
      } finally {
        await client.query('close part')
      }
    },
    close: () => client.end(),
  }
}
