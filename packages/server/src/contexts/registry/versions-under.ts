import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'

/** A version whose files stand in a folder of the artifact tree. */
export interface VersionUnder {
  readonly folder: string
  readonly model: string
  readonly version: number
}

/** The versions whose files are in one of these folders; the caller has made sure who asks. */
export async function versionsUnder(ctx: VerbContext, folders: readonly string[]): Promise<readonly VersionUnder[]> {
  const { rows } = await sql<VersionUnder>`
    select g.folder, v.model, v.version from unnest(${[...folders]}::text[]) as g (folder)
    join model_versions v on v.artifact_path = g.folder or starts_with(v.artifact_path, g.folder || '/')
    order by v.model, v.version
  `.execute(ctx.db)
  return rows
}
