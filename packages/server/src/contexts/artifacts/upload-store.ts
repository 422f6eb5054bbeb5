import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { StoredBlob, VerbContext } from '../../platform/index.js'

export interface UploadRow {
  readonly id: string
  readonly path: string
  readonly part_count: number
  /** Of the file, once it is complete. */
  readonly sha256: string | null
  readonly bytes: number | null
}

export interface PartRow extends StoredBlob {
  readonly part_number: number
}

const expiry = (ctx: VerbContext) => new Date(ctx.clock.now().getTime() + limit('artifacts.upload_expiry_ms'))

/** Throws `artifact_uploads_full`. */
export async function insertUpload(
  ctx: VerbContext,
  { id, path, part_count }: { readonly id: string; readonly path: string; readonly part_count: number },
): Promise<void> {
  const max = limit('artifacts.uploads_max')
  const { numAffectedRows } = await sql`
    insert into artifact_uploads (id, path, part_count, expires_at)
    select ${id}, ${path}, ${part_count}::integer, ${expiry(ctx)}::timestamptz
    where (select count(*) from artifact_uploads where sha256 is null and expires_at > ${ctx.clock.now()}) < ${max}
  `.execute(ctx.db)
  if (numAffectedRows !== 1n) throw new FabriqueError('artifact_uploads_full', { limit: max })
}

export async function selectUpload(ctx: VerbContext, id: string): Promise<UploadRow | undefined> {
  const { rows } = await sql<UploadRow>`
    select id, path, part_count, sha256, bytes from artifact_uploads where id = ${id} and expires_at > ${ctx.clock.now()}
  `.execute(ctx.db)
  return rows[0]
}

/** Notes a part, and lets the upload live on; false if it was aborted meanwhile. */
export async function upsertPart(ctx: VerbContext, uploadId: string, part: PartRow): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with upload as (
      update artifact_uploads set expires_at = ${expiry(ctx)} where id = ${uploadId} and sha256 is null returning id
    )
    insert into artifact_upload_parts (upload_id, part_number, sha256, bytes)
    select id, ${part.part_number}::integer, ${part.sha256}, ${part.bytes}::bigint from upload
    on conflict (upload_id, part_number) do update set sha256 = excluded.sha256, bytes = excluded.bytes
  `.execute(ctx.db)
  return numAffectedRows === 1n
}

export async function selectParts(ctx: VerbContext, uploadId: string): Promise<readonly PartRow[]> {
  const { rows } = await sql<PartRow>`
    select part_number, sha256, bytes from artifact_upload_parts where upload_id = ${uploadId}
  `.execute(ctx.db)
  return rows
}

/** Keeps the upload until it expires, so that it may be completed again, and forgets its parts. */
export async function completedUpload(ctx: VerbContext, id: string, { sha256, bytes }: StoredBlob): Promise<void> {
  await sql`
    with parts as (delete from artifact_upload_parts where upload_id = ${id})
    update artifact_uploads set sha256 = ${sha256}, bytes = ${bytes} where id = ${id}
  `.execute(ctx.db)
}

export async function deleteUpload(ctx: VerbContext, id: string): Promise<void> {
  await sql`delete from artifact_uploads where id = ${id}`.execute(ctx.db)
}

/** Forgets uploads and addresses whose time is over; returns how many uploads. */
export async function deleteExpired(ctx: VerbContext): Promise<number> {
  const now = ctx.clock.now()
  const { numAffectedRows } = await sql`
    with links as (delete from artifact_links where expires_at <= ${now})
    delete from artifact_uploads where expires_at <= ${now}
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0)
}
