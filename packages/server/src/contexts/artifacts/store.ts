import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { foldersAbove, splitRoot } from './model.js'

type ArtifactTables = {
  artifacts: { path: string; sha256: string; bytes: number; created_at: Date }
}

export interface ArtifactRow {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

const artifactTables = (ctx: VerbContext) => ctx.db.withTables<ArtifactTables>()

/** Rows below a folder: `0` follows `/` in the order of the column. */
export const below = (folder: string) =>
  folder === '' ? sql<boolean>`true` : sql<boolean>`path > ${`${folder}/`} and path < ${`${folder}0`}`

/** Lets one transaction at a time change the files of one run, so that a path cannot become file and folder at once. */
export async function lockTree(ctx: VerbContext, path: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${splitRoot(path).root}, 0))`.execute(ctx.db)
}

export async function selectArtifact(ctx: VerbContext, path: string): Promise<ArtifactRow | undefined> {
  return artifactTables(ctx)
    .selectFrom('artifacts')
    .select(['path', 'sha256', 'bytes'])
    .where('path', '=', path)
    .executeTakeFirst()
}

/** A file that stands where the path needs a folder, or below the path itself. */
export async function selectCollision(ctx: VerbContext, path: string): Promise<string | undefined> {
  const { rows } = await sql<{ path: string }>`
    select path from artifacts where path = any(${foldersAbove(path)}::text[]) or (${below(path)}) limit 1
  `.execute(ctx.db)
  return rows[0]?.path
}

export async function upsertArtifact(ctx: VerbContext, row: ArtifactRow): Promise<void> {
  const values = { sha256: row.sha256, bytes: row.bytes, created_at: ctx.clock.now() }
  await artifactTables(ctx)
    .insertInto('artifacts')
    .values({ path: row.path, ...values })
    .onConflict((conflict) => conflict.column('path').doUpdateSet(values))
    .execute()
}

/** Deletes a file, or all files of a folder; returns how many. */
export async function deleteTree(ctx: VerbContext, path: string): Promise<number> {
  const { numAffectedRows } = await sql`delete from artifacts where path = ${path} or (${below(path)})`.execute(ctx.db)
  return Number(numAffectedRows ?? 0)
}

export async function selectTree(ctx: VerbContext, folder: string): Promise<readonly ArtifactRow[]> {
  const { rows } = await sql<ArtifactRow>`
    select path, sha256, bytes from artifacts where ${below(folder)} order by path limit ${limit('artifacts.listed_max')}
  `.execute(ctx.db)
  return rows
}

export interface ChildRow {
  readonly name: string
  readonly is_folder: boolean
  readonly sha256: string
  readonly bytes: number
}

/** The names directly in a folder, from the one after `after`; one more than `size` where there are more. */
export async function selectChildren(
  ctx: VerbContext,
  folder: string,
  page: { readonly size: number; readonly after?: string | undefined },
): Promise<readonly ChildRow[]> {
  const start = folder === '' ? 1 : [...folder].length + 2
  const { rows } = await sql<ChildRow>`
    select name, bool_or(strpos(rest, '/') > 0) as is_folder, max(sha256) as sha256, max(bytes) as bytes from (
      select split_part(substr(path, ${start}::int), '/', 1) as name, substr(path, ${start}::int) as rest, sha256, bytes
      from artifacts where ${below(folder)}
    ) as files
    where name > ${page.after ?? ''} group by name order by name limit ${page.size + 1}
  `.execute(ctx.db)
  return rows
}
