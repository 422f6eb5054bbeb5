import { sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../../platform/index.js'
import type { KeyType } from '../registry/model.js'

type OnlineTables = {
  online_versions: {
    id: number
    project: string
    view: string
    version: number
    readable_at: Date | null
    until: Date | null
    newest_event: Date | null
    snapshot_id: string | null
    keys: number
    ended_at: Date | null
    key_types: string | null
    snapshots: string | null
  }
}

export const onlineTables = (ctx: VerbContext) => ctx.db.withTables<OnlineTables>()

/** A version of a view in the online store. */
export interface OnlineVersion {
  /** Stands for it in the store. */
  readonly id: number
  readonly project: string
  readonly view: string
  readonly version: number
  readonly readable_at: Date | null
  readonly until: Date | null
  readonly newest_event: Date | null
  readonly snapshot_id: string | null
  readonly keys: number
  readonly ended_at: Date | null
  /** Types of the keys in the data, by name; known once it was read. */
  readonly key_types: Readonly<Record<string, KeyType>> | null
  /** By data set, where everything of them is in the store. */
  readonly snapshots: Readonly<Record<string, string>> | null
}

/** The driver parses jsonb. */
type VersionRow = Omit<OnlineVersion, 'key_types' | 'snapshots'> & {
  readonly key_types: unknown
  readonly snapshots: unknown
}

function toVersion(row: VersionRow): OnlineVersion {
  return {
    ...row,
    key_types: fromJsonb<OnlineVersion['key_types']>(row.key_types),
    snapshots: fromJsonb<OnlineVersion['snapshots']>(row.snapshots),
  }
}

export interface VersionName {
  readonly project: string
  readonly view: string
  readonly version: number
}

/** Versions of a view that have a number in the store, newest first. */
export async function onlineVersions(
  ctx: VerbContext,
  { project, view }: Pick<VersionName, 'project' | 'view'>,
): Promise<readonly OnlineVersion[]> {
  const rows = await onlineTables(ctx)
    .selectFrom('online_versions')
    .selectAll()
    .where('project', '=', project)
    .where('view', '=', view)
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toVersion)
}

/** The number of a version in the store, given at the first call. */
export async function numberVersion(ctx: VerbContext, { project, view, version }: VersionName): Promise<OnlineVersion> {
  await sql`
    insert into online_versions (project, view, version) values (${project}, ${view}, ${version})
    on conflict (project, view, version) do nothing
  `.execute(ctx.db)
  const row = await onlineTables(ctx)
    .selectFrom('online_versions')
    .selectAll()
    .where('project', '=', project)
    .where('view', '=', view)
    .where('version', '=', version)
    .executeTakeFirstOrThrow()
  return toVersion(row)
}

/** Lets reads see a version from now on. Gives whether it was not seen before. */
export async function makeReadable(ctx: VerbContext, id: number): Promise<boolean> {
  const { numUpdatedRows } = await onlineTables(ctx)
    .updateTable('online_versions')
    .set({ readable_at: ctx.clock.now() })
    .where('id', '=', id)
    .where('readable_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
