import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { expectationSentence, FabriqueError, type Snapshot, type SnapshotColumn } from '@fabrique/contract'
import { z } from 'zod'
import { assert, limit } from '../../kernel/index.js'
import { inTransaction, sqlName, sqlText, taskVerb, type VerbContext } from '../../platform/index.js'
import { recordLineage } from '../lineage/index.js'
import { duckdbType } from './column-types.js'
import { findDeclared } from './get-dataset.js'
import type { IngestTools } from './ingest.js'
import { beginIngest, recordSnapshot } from './ingest-record.js'
import { snapshotThing, sourceThing } from './lineage-things.js'
import { isPushed, lockDataset, newestOf, pushedName } from './pushed-parts.js'
import { localParts, tableOfParts } from './read-snapshot.js'
import { type SentRow, sentText } from './sent-value.js'

/** Times that others may write a snapshot of the data set while one is made. */
const attemptsMax = 10

export interface Appended {
  readonly snapshot: Snapshot
  /** Rows that were not there yet. */
  readonly appended: number
}

/**
 * Writes a snapshot with rows that an application sends after those of the newest one: all of them or none. They stay when the source is
 * read again. Rows that were sent before, the same in every column, are not written again, so that a repeat changes nothing. Rows are held
 * against the columns of the snapshot, what is declared of them, the key, and the expectations that block or set aside rows. Errors:
 * `snapshot_ref_not_found` where there is none to append to, `pushed_row_refused`, `database_conflict`.
 */
export const appendRows = taskVerb({
  name: 'datasets.append_rows',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    /** What they were sent to, as `usage_30d`. */
    origin: z.string(),
    rows: z.custom<readonly SentRow[]>(),
    row_condition: z.custom<IngestTools['rowCondition']>().optional(),
  }),
  async run({ ctx, input }): Promise<Appended> {
    const id = ctx.ids.prefixed('ing')
    const folder = join(ctx.blobs.stagingFolder, `append-${id}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
        const base = await newestOf(ctx, input)
        if (base === undefined || base.kind !== 'table') {
          throw new FabriqueError('snapshot_ref_not_found', {
            ref: 'latest',
            dataset: input.dataset,
            project: input.project,
          })
        }
        const done = await appendTo(ctx, { ...input, base, id, folder })
        if (done !== undefined) return done
      }
      throw new FabriqueError('database_conflict', {})
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

interface Appending {
  readonly project: string
  readonly dataset: string
  readonly origin: string
  readonly rows: readonly SentRow[]
  readonly row_condition?: IngestTools['rowCondition']
  readonly base: Snapshot
  readonly id: string
  readonly folder: string
}

interface WrittenPart {
  readonly path: string
  /** Rows that are new. */
  readonly appended: number
  /** Those of the part that it takes the place of included. */
  readonly rowCount: number
}

/** Gives nothing where another snapshot was written meanwhile. */
async function appendTo(ctx: VerbContext, appending: Appending): Promise<Appended | undefined> {
  const { base, folder, id, rows } = appending
  const columns = await columnsOf(ctx, appending)
  const texts = rows.map((row, place) => textsOf(row, { place, columns, dataset: base.dataset }))
  const given = join(folder, 'rows.ndjson')
  await writeFile(
    given,
    texts.map((row, place) => JSON.stringify({ ...row, [placeColumn]: String(place + 1) })).join('\n'),
  )
  const last = base.parts.at(-1)
  const room = limit('data.pushed_part_rows')
  const joined = last !== undefined && isPushed(last) && last.row_count + rows.length <= room ? last : undefined
  const { paths, release } = await localParts(ctx, base)
  let written: WrittenPart
  try {
    written = await ctx.data.use(async (connection) => {
      const table = `append_${id}`
      const casts = columns.map(
        ({ name, type }) => `cast(${sqlName(name)} as ${duckdbType({ type })}) as ${sqlName(name)}`,
      )
      const types = [...columns.map(({ name }) => name), placeColumn]
        .map((name) => `${sqlText(name)}: 'VARCHAR'`)
        .join(', ')
      const read = `read_json(${sqlText(given)}, format = 'newline_delimited', columns = {${types}})`
      await connection.run(
        `create temp table ${table} as select ${casts.join(', ')}, ${placeColumn}::integer as ${placeColumn} from ${read}`,
      )
      try {
        return await writePart(connection, { ...appending, columns, table, paths, joined: joined !== undefined, ctx })
      } finally {
        await connection.run(`drop table if exists ${table}`)
      }
    }, ctx.signal)
  } finally {
    await release()
  }
  if (written.appended === 0) return { snapshot: base, appended: 0 }
  const blob = await ctx.blobs.adopt(written.path)
  const before = joined === undefined ? base.parts : base.parts.slice(0, -1)
  const nulls = new Set(
    texts.flatMap((row) => columns.filter(({ name }) => row[name] === null).map(({ name }) => name)),
  )
  return inTransaction(ctx, async (inner) => {
    await lockDataset(inner, base)
    if ((await newestOf(inner, base))?.id !== base.id) return undefined
    const source = { kind: 'push', location: pushedName(appending.origin) }
    const names = { ingest: id, project: base.project, dataset: base.dataset }
    await beginIngest({ ctx: inner, input: { ...names, policy: { mode: 'block' }, source, closes_others: false } })
    const { snapshot } = await recordSnapshot({
      ctx: inner,
      input: {
        ...names,
        is_whole: true,
        columns: base.columns.map((column) => ({ ...column, nullable: column.nullable || nulls.has(column.name) })),
        parts: [
          ...before.map(({ source_sha256, ...part }) => ({ ...part, source_sha256 })),
          { ...blob, row_count: written.rowCount, source: source.location, source_sha256: undefined },
        ],
        kept: [...new Set(before.map(({ sha256 }) => sha256))],
        remembered: [],
        source: { ...base.source, ...source, bytes: blob.bytes, sha256: blob.sha256 },
        counts: {
          files_found: 0,
          files_read: 0,
          bytes_read: blob.bytes,
          rows_read: rows.length,
          rows_good: written.appended,
          rows_quarantined: 0,
          rows_kept: base.row_count,
        },
        schema_changes: [],
        warnings: [],
      },
    })
    const run = { kind: 'ingest' as const, id }
    const from = sourceThing({ project: base.project, dataset: base.dataset, ...source })
    await recordLineage(inner, {
      things: [from, { ...snapshotThing(base), keep: true }],
      steps: [
        { from, to: run, relation: 'read' },
        { from: { kind: 'snapshot', id: base.id }, to: run, relation: 'kept' },
      ],
    })
    return { snapshot, appended: written.appended }
  })
}

/** The number of a row; no column of people has it. */
const placeColumn = 'fabrique__place'

/** The columns of the snapshot, as they are declared where they are. */
interface TargetColumn extends SnapshotColumn {
  readonly isRequired: boolean
  readonly values?: readonly string[] | undefined
  readonly min?: number | string | undefined
  readonly max?: number | string | undefined
}

async function columnsOf(ctx: VerbContext, { base, ...named }: Appending): Promise<readonly TargetColumn[]> {
  const declared = (await findDeclared(ctx, named))?.columns ?? {}
  return base.columns.map((column) => {
    const known = Object.hasOwn(declared, column.name) ? declared[column.name] : undefined
    if (known === undefined) return { ...column, isRequired: false }
    const { nullable, values, min, max } = known
    return { ...column, isRequired: !nullable, values, min, max }
  })
}

interface RowPlace {
  readonly place: number
  readonly columns: readonly TargetColumn[]
  readonly dataset: string
}

/** A row as texts that the engine reads as they are meant. Throws `pushed_row_refused`. */
function textsOf(row: SentRow, { place, columns, dataset }: RowPlace): Record<string, string | null> {
  const refuse = (column: string, reason: string, reason_fr: string): never => {
    const params = { row: place + 1, dataset, column, reason, reason_fr }
    throw new FabriqueError('pushed_row_refused', params, { field: `rows.${place}.${column}` })
  }
  const known = new Set(columns.map(({ name }) => name))
  const unknown = Object.keys(row).find((name) => !known.has(name))
  if (unknown !== undefined)
    refuse(unknown, 'the data set has no such column', 'le jeu de données n’a pas cette colonne')
  return Object.fromEntries(
    columns.map(({ name, type, isRequired, values }) => {
      const value = Object.hasOwn(row, name) ? row[name] : null
      const text = sentText(value, type)
      if (text === undefined) return refuse(name, `it is no ${type}`, `ce n’est pas du type ${type}`)
      if (text === null && isRequired) return refuse(name, 'it must have a value', 'une valeur est obligatoire')
      if (text !== null && values !== undefined && !values.includes(text)) {
        return refuse(name, 'it is none of the declared values', 'ce n’est aucune des valeurs déclarées')
      }
      return [name, text]
    }),
  )
}

interface Writing extends Appending {
  readonly ctx: VerbContext
  readonly columns: readonly TargetColumn[]
  /** The rows that were sent. */
  readonly table: string
  readonly paths: readonly string[]
  /** Whether the last part of the snapshot is written once more with them. */
  readonly joined: boolean
}

async function writePart(connection: DuckDBConnection, writing: Writing): Promise<WrittenPart> {
  const { base, columns, table, paths, joined, folder } = writing
  const names = columns.map(({ name }) => sqlName(name))
  const pushedPaths = paths.filter((_path, place) => base.parts[place] !== undefined && isPushed(base.parts[place]))
  const isSame = names.map((name) => `g.${name} is not distinct from p.${name}`).join(' and ')
  const distinct = `select * from ${table} qualify row_number() over (partition by ${names.join(', ')} order by ${placeColumn}) = 1`
  const fresh =
    pushedPaths.length === 0
      ? `(${distinct})`
      : `(select g.* from (${distinct}) g anti join ${tableOfColumns(pushedPaths, names)} p on (${isSame}))`
  await connection.run(`create or replace temp table ${table}_new as select * from ${fresh}`)
  try {
    await refuseBroken(connection, { ...writing, table: `${table}_new` })
    const count = await connection.runAndReadAll(`select count(*)::integer from ${table}_new`)
    const appended = Number(count.value(0, 0))
    const lastPath = joined ? paths.at(-1) : undefined
    const lastCount = joined ? (base.parts.at(-1)?.row_count ?? 0) : 0
    const path = join(folder, 'part.parquet')
    if (appended > 0) {
      const listed = names.join(', ')
      const before = `select 0 as fabrique__part, file_row_number as ${placeColumn}, ${listed} from read_parquet(${sqlText(lastPath ?? '')})`
      const sent = `select 1 as fabrique__part, ${placeColumn}, ${listed} from ${table}_new`
      await connection.run(
        `copy (select ${listed} from (${lastPath === undefined ? sent : `${before} union all ${sent}`}) order by fabrique__part, ${placeColumn})
          to ${sqlText(path)} (format parquet, compression zstd)`,
      )
    }
    return { path, appended, rowCount: lastCount + appended }
  } finally {
    await connection.run(`drop table if exists ${table}_new`)
  }
}

function tableOfColumns(paths: readonly string[], names: readonly string[]): string {
  return `(select ${names.join(', ')} from read_parquet([${paths.map(sqlText).join(', ')}], union_by_name = true))`
}

/** Throws `pushed_row_refused` for the first row that breaks what is declared of the data set. */
async function refuseBroken(connection: DuckDBConnection, writing: Writing): Promise<void> {
  const { ctx, project, dataset, row_condition, columns, table, base, paths } = writing
  const declared = await findDeclared(ctx, { project, dataset })
  const typed = columns.map(({ name, type }) => ({ name, type: duckdbType({ type }) }))
  const bounds = columns.flatMap(({ name, type, min, max }) => {
    const bound = (value: number | string) => `cast(${sqlText(String(value))} as ${duckdbType({ type })})`
    return [
      ...(min === undefined
        ? []
        : [
            {
              column: name,
              sql: `${sqlName(name)} < ${bound(min)}`,
              text: `less than ${min}`,
              text_fr: `inférieur à ${min}`,
            },
          ]),
      ...(max === undefined
        ? []
        : [
            {
              column: name,
              sql: `${sqlName(name)} > ${bound(max)}`,
              text: `more than ${max}`,
              text_fr: `supérieur à ${max}`,
            },
          ]),
    ]
  })
  const expectations = (declared?.expectations ?? [])
    .filter(({ severity, action }) => severity === 'critical' || action === 'quarantine')
    .flatMap((expectation) => {
      const sql = row_condition?.(expectation, typed)
      const { column } = expectation.kwargs
      const text = expectationSentence(expectation, 'en')
      const about = {
        column: typeof column === 'string' ? column : '-',
        text,
        text_fr: expectationSentence(expectation, 'fr'),
      }
      return sql === undefined ? [] : [{ ...about, sql }]
    })
  for (const { column, sql, text, text_fr } of [...bounds, ...expectations]) {
    const found = await connection.runAndReadAll(`select min(${placeColumn}) from ${table} where (${sql})`)
    refuseRow(found.value(0, 0), { dataset, column, reason: text, reason_fr: text_fr })
  }
  const key = declared?.key ?? []
  if (key.length === 0) return
  const names = key.map(sqlName)
  const inside = `select ${placeColumn} from ${table} qualify row_number() over (partition by ${names.join(', ')} order by ${placeColumn}) > 1`
  const there = `select g.${placeColumn} from ${table} g semi join ${tableOfParts(paths, base.columns)} b on (${names
    .map((name) => `g.${name} = b.${name}`)
    .join(' and ')})`
  const twice = await connection.runAndReadAll(`select min(${placeColumn}) from (${inside} union all ${there})`)
  refuseRow(twice.value(0, 0), {
    dataset,
    column: key.join(', '),
    reason: 'a row with this key is there already',
    reason_fr: 'une ligne avec cette clé existe déjà',
  })
}

function refuseRow(
  place: unknown,
  params: { readonly dataset: string; readonly column: string; readonly reason: string; readonly reason_fr: string },
): void {
  if (place === null) return
  assert(typeof place === 'number', 'Places are small numbers')
  throw new FabriqueError('pushed_row_refused', { row: place, ...params }, { field: `rows.${place - 1}` })
}
