import { FabriqueError, type ModelSignature, type ModelStage } from '@fabrique/contract'
import { type Generated, type RawBuilder, sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../platform/index.js'

type RegistryTables = {
  registered_models: {
    id: Generated<number>
    name: string
    description: string
    tags: string
    is_prompt: Generated<boolean>
    last_version: number
    created_at: Date
    updated_at: Date
  }
  model_versions: {
    model: string
    version: number
    description: string
    source: string
    storage_location: string | null
    artifact_path: string | null
    run_id: string | null
    logged_model_id: string | null
    run_link: string
    stage: ModelStage
    signature: string | null
    tags: string
    snapshot_id: string | null
    created_at: Date
    updated_at: Date
    created_by: string
  }
  model_aliases: { model: string; alias: string; version: number }
}

export const registryTables = (ctx: VerbContext) => ctx.db.withTables<RegistryTables>()

/** What the registry itself knows of a version; metrics come from the run. */
export interface StoredVersion {
  readonly model: string
  readonly version: number
  readonly description: string
  /** The address a client gave. */
  readonly source: string
  /** The address of the files, where `source` is one that the server resolved. */
  readonly storage_location: string | null
  /** Folder of the model in the artifact tree; null where the files are kept elsewhere. */
  readonly artifact_path: string | null
  readonly run_id: string | null
  readonly logged_model_id: string | null
  readonly run_link: string
  readonly stage: ModelStage
  readonly signature: ModelSignature | null
  readonly tags: Readonly<Record<string, string>>
  readonly snapshot_id: string | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly created_by: string
  readonly aliases: readonly string[]
}

/** Parses the number in an address; anything else is a version that does not exist. */
export function versionNumber(model: string, version: string): number {
  if (!/^[1-9]\d{0,8}$/.test(version)) throw new FabriqueError('model_version_not_found', { model, version })
  return Number(version)
}

interface VersionRow extends Omit<StoredVersion, 'signature' | 'tags' | 'aliases'> {
  readonly signature: unknown
  readonly tags: unknown
  readonly aliases: readonly string[] | null
}

/** Versions with their aliases, from conditions, order and page on `model_versions v`. */
export async function queryVersions(ctx: VerbContext, rest: RawBuilder<unknown>): Promise<readonly StoredVersion[]> {
  const { rows } = await sql<VersionRow>`
    select v.*, (
      select array_agg(a.alias order by a.alias collate "C") from model_aliases a
      where a.model = v.model and a.version = v.version
    ) as aliases
    from model_versions v ${rest}
  `.execute(ctx.db)
  // The driver parses jsonb; both columns were checked when they were written.
  return rows.map((row) => ({
    ...row,
    signature: fromJsonb<ModelSignature | null>(row.signature),
    tags: fromJsonb<Readonly<Record<string, string>>>(row.tags),
    aliases: row.aliases ?? [],
  }))
}

/** Versions of models with their aliases, newest first. */
export function selectVersions(
  ctx: VerbContext,
  where: {
    readonly model?: string
    readonly version?: number
    readonly runIds?: readonly string[]
    readonly limit: number
  },
): Promise<readonly StoredVersion[]> {
  const conditions = [
    ...(where.model === undefined ? [] : [sql`v.model = ${where.model}`]),
    ...(where.version === undefined ? [] : [sql`v.version = ${where.version}`]),
    ...(where.runIds === undefined ? [] : [sql`v.run_id = any(${[...where.runIds]}::text[])`]),
    sql`true`,
  ]
  return queryVersions(
    ctx,
    sql`where ${sql.join(conditions, sql` and `)} order by v.version desc, v.model limit ${where.limit}`,
  )
}

/** One version; throws `model_version_not_found`. */
export async function selectVersion(ctx: VerbContext, model: string, version: number): Promise<StoredVersion> {
  const [found] = await selectVersions(ctx, { model, version, limit: 1 })
  if (found === undefined) throw new FabriqueError('model_version_not_found', { model, version })
  return found
}

/** The newest version of each stage that some models have versions in. */
export function selectLatestVersions(ctx: VerbContext, models: readonly string[]): Promise<readonly StoredVersion[]> {
  return queryVersions(
    ctx,
    sql`where (v.model, v.version) in (
      select model, max(version) from model_versions where model = any(${[...models]}::text[]) group by model, stage
    ) order by v.model, v.version`,
  )
}
