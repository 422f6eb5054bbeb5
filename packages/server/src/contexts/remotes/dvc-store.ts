import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'

/** Which data set an output of a repository goes to. */
export interface KnownOutput {
  readonly path: string
  readonly dataset: string
  readonly is_file: boolean
}

/** The outputs of a repository that were adopted before. */
export async function selectOutputs(
  ctx: VerbContext,
  project: string,
  repository: string,
): Promise<readonly KnownOutput[]> {
  const { rows } = await sql<KnownOutput>`
    select path, dataset, is_file from dvc_outputs where project = ${project} and repository = ${repository}
  `.execute(ctx.db)
  return rows
}

/** The output that a data set came from, where it came from one. */
export async function selectOutputOf(
  ctx: VerbContext,
  project: string,
  dataset: string,
): Promise<KnownOutput | undefined> {
  const { rows } = await sql<KnownOutput>`
    select path, dataset, is_file from dvc_outputs where project = ${project} and dataset = ${dataset}
  `.execute(ctx.db)
  return rows[0]
}

/** Names of data sets of a project that have snapshots, or that an output goes to. */
export async function selectTakenNames(ctx: VerbContext, project: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ dataset: string }>`
    select dataset from dvc_outputs where project = ${project}
    union select distinct dataset from snapshots where project = ${project}
  `.execute(ctx.db)
  return new Set(rows.map(({ dataset }) => dataset))
}

/** Remembers which data set an output goes to; false where another one has the name meanwhile. */
export async function insertOutput(
  ctx: VerbContext,
  {
    project,
    repository,
    path,
    dataset,
    is_file,
  }: KnownOutput & { readonly project: string; readonly repository: string },
): Promise<boolean> {
  await sql`
    insert into dvc_outputs (project, repository, path, dataset, is_file)
    values (${project}, ${repository}, ${path}, ${dataset}, ${is_file})
    on conflict do nothing
  `.execute(ctx.db)
  const { numAffectedRows } = await sql`
    update dvc_outputs set is_file = ${is_file}
    where project = ${project} and repository = ${repository} and path = ${path} and dataset = ${dataset}
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0) > 0
}

/** The snapshot that an output of this hash became, where it is still there. */
export async function selectImported(
  ctx: VerbContext,
  { project, dataset, hash }: { readonly project: string; readonly dataset: string; readonly hash: string },
): Promise<string | undefined> {
  const { rows } = await sql<{ snapshot_id: string }>`
    select snapshot_id from dvc_imports where project = ${project} and dataset = ${dataset} and hash = ${hash}
  `.execute(ctx.db)
  return rows[0]?.snapshot_id
}

export async function insertImported(
  ctx: VerbContext,
  imported: { readonly project: string; readonly dataset: string; readonly hash: string; readonly snapshot: string },
): Promise<void> {
  const { project, dataset, hash, snapshot } = imported
  await sql`
    insert into dvc_imports (project, dataset, hash, snapshot_id) values (${project}, ${dataset}, ${hash}, ${snapshot})
    on conflict (project, dataset, hash) do update set snapshot_id = excluded.snapshot_id
  `.execute(ctx.db)
}

/** The MD5 of contents, by SHA-256, of those that were computed before. */
export async function selectMd5s(ctx: VerbContext, hashes: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ sha256: string; md5: string }>`
    select sha256, md5 from content_md5s where sha256 = any(${[...hashes]}::text[])
  `.execute(ctx.db)
  return new Map(rows.map(({ sha256, md5 }) => [sha256, md5]))
}

export async function insertMd5s(ctx: VerbContext, md5s: ReadonlyMap<string, string>): Promise<void> {
  const sorted = [...md5s].sort(([left], [right]) => (left < right ? -1 : 1))
  await sql`
    insert into content_md5s (sha256, md5)
    select * from unnest(${sorted.map(([sha256]) => sha256)}::text[], ${sorted.map(([, md5]) => md5)}::text[])
    on conflict do nothing
  `.execute(ctx.db)
}
