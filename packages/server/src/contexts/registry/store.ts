import { FabriqueError, type ModelSignature } from '@fabrique/contract'
import { fromJsonb, type VerbContext } from '../../platform/index.js'

type RegistryTables = {
  registered_models: {
    name: string
    description: string
    tags: string
    last_version: number
    created_at: Date
    updated_at: Date
  }
  model_versions: {
    model: string
    version: number
    description: string
    source: string
    artifact_path: string
    run_id: string | null
    signature: string | null
    tags: string
    snapshot_id: string | null
    created_at: Date
    updated_at: Date
    created_by: string
  }
  model_aliases: { model: string; alias: string; version: number }
  alias_moves: {
    model: string
    alias: string
    from_version: number | null
    to_version: number | null
    reason: string
    actor: string
    at: Date
  }
}

export const registryTables = (ctx: VerbContext) => ctx.db.withTables<RegistryTables>()

/** What the registry itself knows of a version; metrics come from the run. */
export interface StoredVersion {
  readonly model: string
  readonly version: number
  readonly description: string
  readonly source: string
  /** Folder of the model in the artifact tree. */
  readonly artifact_path: string
  readonly run_id: string | null
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

/** Versions of models with their aliases, newest first. */
export async function selectVersions(
  ctx: VerbContext,
  where: {
    readonly model?: string
    readonly version?: number
    readonly runIds?: readonly string[]
    readonly limit: number
  },
): Promise<readonly StoredVersion[]> {
  const tables = registryTables(ctx)
  let query = tables
    .selectFrom('model_versions as v')
    .selectAll()
    .select((row) =>
      row
        .selectFrom('model_aliases as a')
        .select((alias) =>
          alias.fn.coalesce(alias.fn.agg<string[]>('array_agg', ['a.alias']), alias.val([])).as('aliases'),
        )
        .whereRef('a.model', '=', 'v.model')
        .whereRef('a.version', '=', 'v.version')
        .as('aliases'),
    )
    .orderBy('v.version', 'desc')
    .limit(where.limit)
  if (where.model !== undefined) query = query.where('v.model', '=', where.model)
  if (where.version !== undefined) query = query.where('v.version', '=', where.version)
  if (where.runIds !== undefined) query = query.where('v.run_id', 'in', [...where.runIds])
  const rows = await query.execute()
  // The driver parses jsonb; both columns were checked when they were written.
  return rows.map((row) => ({
    ...row,
    signature: fromJsonb<ModelSignature | null>(row.signature),
    tags: fromJsonb<Readonly<Record<string, string>>>(row.tags),
    aliases: [...(row.aliases ?? [])].sort(),
  }))
}

/** One version; throws `model_version_not_found`. */
export async function selectVersion(ctx: VerbContext, model: string, version: number): Promise<StoredVersion> {
  const [found] = await selectVersions(ctx, { model, version, limit: 1 })
  if (found === undefined) throw new FabriqueError('model_version_not_found', { model, version })
  return found
}
