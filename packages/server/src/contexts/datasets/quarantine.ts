import { FabriqueError, type QuarantinePage, QuarantineQuery } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, rowsOf, sqlText, type VerbContext } from '../../platform/index.js'
import { type IngestRow, ingestTables } from './ingest-store.js'
import { readQuarantine } from './quarantine-file.js'

const groupsMax = 200

async function findIngest(ctx: VerbContext, ingest: string): Promise<IngestRow> {
  const row = await ingestTables(ctx).selectFrom('ingest_runs').selectAll().where('id', '=', ingest).executeTakeFirst()
  if (row === undefined) throw new FabriqueError('ingest_not_found', { ingest })
  return row as IngestRow
}

/** The rows that an ingest set aside, in the order of the files and their lines. Throws `ingest_not_found`. */
export const listQuarantine = readVerb({
  name: 'datasets.list_quarantine',
  permission: 'datasets.read',
  input: QuarantineQuery.extend({ ingest: z.string() }),
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
        const items = await readQuarantine(
          connection,
          file.path,
          `${where} limit ${input.limit} offset ${input.offset}`,
        )
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
  input: z.object({ ingest: z.string(), target: z.string() }),
  async run({ ctx, input }): Promise<void> {
    const { quarantine_sha256: hash } = await findIngest(ctx, input.ingest)
    const file = hash === null ? undefined : await ctx.blobs.localFile(hash)
    const names = 'file, line, "column", value, reason, detail, "row"'
    try {
      await ctx.data.use(async (connection) => {
        const from =
          file === undefined
            ? '(select null as file, null as line, null as "column", null as value, null as reason, null as detail, null as "row" where false)'
            : `read_parquet(${sqlText(file.path)})`
        // A spreadsheet would run a text that begins as a formula does.
        const safe = (name: string) =>
          `case when regexp_matches(${name}, '^[=+@\\t\\r-]') then '''' || ${name} else ${name} end as ${name}`
        const selected =
          file === undefined ? names : `file, line, "column", ${safe('value')}, reason, detail, ${safe('"row"')}`
        await connection.run(`copy (select ${selected} from ${from}) to ${sqlText(input.target)} (format csv, header)`)
      }, ctx.signal)
    } finally {
      await file?.release()
    }
  },
})
