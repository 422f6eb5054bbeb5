import { FabriqueError, type Language, type QuarantinePage, QuarantineQuery } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, rowsOf, sqlText, type VerbContext } from '../../platform/index.js'
import { parseNote, tellNote } from './ingest-notes.js'
import { type IngestRow, ingestTables } from './ingest-store.js'
import { readQuarantine } from './quarantine-file.js'

const groupsMax = 200
const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

async function findIngest(ctx: VerbContext, ingest: string): Promise<IngestRow> {
  const row = await ingestTables(ctx).selectFrom('ingest_runs').selectAll().where('id', '=', ingest).executeTakeFirst()
  if (row === undefined) throw new FabriqueError('ingest_not_found', { ingest })
  return row as IngestRow
}

/** The rows that an ingest set aside, in the order of the files and their lines. Throws `ingest_not_found`. */
export const listQuarantine = readVerb({
  name: 'datasets.list_quarantine',
  permission: 'datasets.read',
  input: QuarantineQuery.extend({ ingest: z.string(), language }),
  async run({ ctx, input }): Promise<QuarantinePage> {
    const { quarantine_sha256: hash } = await findIngest(ctx, input.ingest)
    if (hash === null) return { items: [], total: 0, groups: [] }
    const file = await ctx.blobs.localFile(hash)
    try {
      return await ctx.data.use(async (connection) => {
        const wanted = (['reason', 'column', 'file'] as const).flatMap((name) => {
          const value = input[name]
          return value === undefined ? [] : [`"${name}" = ${sqlText(value)}`]
        })
        const where = wanted.length === 0 ? '' : `where ${wanted.join(' and ')}`
        const table = `read_parquet(${sqlText(file.path)})`
        const items = await readQuarantine(connection, {
          path: file.path,
          more: `${where} limit ${input.limit} offset ${input.offset}`,
          language: input.language,
        })
        const counted = await connection.runAndReadAll(`select count(*)::double from ${table} ${where}`)
        const grouped = await connection.runAndReadAll(
          `select reason, "column", file, count(*)::double as count from ${table}
           group by all order by count desc, file, reason, "column" limit ${groupsMax}`,
        )
        const groups = rowsOf<{ reason: string; column: string | null; file: string; count: number }>(grouped)
        return {
          items: [...items],
          total: Number(counted.value(0, 0)),
          groups: groups.map(({ reason, column, file: name, count }) => ({
            reason: reason as QuarantinePage['groups'][number]['reason'],
            ...(column === null ? {} : { column }),
            file: name,
            count,
          })),
        }
      }, ctx.signal)
    } finally {
      await file.release()
    }
  },
})

/** Writes all rows that an ingest set aside as CSV to a file of this machine. Throws `ingest_not_found`. */
export const writeQuarantineCsv = readVerb({
  name: 'datasets.write_quarantine_csv',
  permission: 'datasets.read',
  input: z.object({ ingest: z.string(), target: z.string(), language }),
  async run({ ctx, input }): Promise<void> {
    const { quarantine_sha256: hash } = await findIngest(ctx, input.ingest)
    const file = hash === null ? undefined : await ctx.blobs.localFile(hash)
    const names = 'file, line, "column", value, reason, detail, "row"'
    try {
      await ctx.data.use(async (connection) => {
        if (file === undefined) {
          const columns = names.split(', ').map((name) => `null as ${name}`)
          await connection.run(`copy (select ${columns} where false) to ${sqlText(input.target)} (format csv, header)`)
          return
        }
        const table = `read_parquet(${sqlText(file.path)}, file_row_number = true)`
        const kept = await connection.runAndReadAll(
          `select distinct detail from ${table} where detail is not null order by detail`,
        )
        const told = rowsOf<{ detail: string }>(kept).map(({ detail }) => {
          const { message } = tellNote(parseNote(detail), input.language)
          return `(${sqlText(detail)}, ${sqlText(message)})`
        })
        const texts = `(values ${['(null::varchar, null::varchar)', ...told].join(', ')}) t (kept, message)`
        // A spreadsheet would run a text that begins as a formula does.
        const safe = (name: string) =>
          `case when regexp_matches(${name}, '^[=+@\\t\\r-]') then '''' || ${name} else ${name} end`
        await connection.run(
          `copy (
             select file, line, "column", ${safe('value')} as value, reason, ${safe('message')} as detail, ${safe('"row"')} as "row"
             from ${table} q left join ${texts} on q.detail = t.kept order by file_row_number
           ) to ${sqlText(input.target)} (format csv, header)`,
        )
      }, ctx.signal)
    } finally {
      await file?.release()
    }
  },
})
