import type { ModelVersion } from '@fabrique/contract'
import { z } from 'zod'
import { present } from '../../kernel/index.js'
import { fromJsonb, readVerb, type VerbContext } from '../../platform/index.js'
import { latestMetricsOf } from '../tracking/index.js'
import { registryTables, type StoredVersion, selectVersion, selectVersions, versionNumber } from './store.js'

/** Versions as the API shows them, with the latest metrics of their runs. */
export async function describeVersions(
  ctx: VerbContext,
  versions: readonly StoredVersion[],
): Promise<readonly ModelVersion[]> {
  const runs = versions.flatMap(({ run_id }) => (run_id === null ? [] : [run_id]))
  const metrics = await latestMetricsOf({ ctx, input: { run_ids: runs } })
  return versions.map((version) => ({
    model: version.model,
    version: String(version.version),
    description: version.description,
    ...(version.run_id === null ? {} : { run_id: version.run_id }),
    source: version.source,
    status: 'READY',
    stage: version.stage,
    ...(version.logged_model_id === null ? {} : { logged_model_id: version.logged_model_id }),
    aliases: [...version.aliases],
    tags: { ...version.tags },
    metrics: (version.run_id === null ? undefined : metrics.get(version.run_id)) ?? {},
    ...(version.signature === null ? {} : { signature: version.signature }),
    ...(version.snapshot_id === null ? {} : { snapshot_id: version.snapshot_id }),
    created_at: version.created_at.toISOString(),
    created_by: version.created_by,
  }))
}

/** One version as the API shows it. */
export async function describeVersion(ctx: VerbContext, version: StoredVersion): Promise<ModelVersion> {
  const [described] = await describeVersions(ctx, [version])
  return present(described, 'The version')
}

/** One version; throws `model_version_not_found`. */
export const getModelVersion = readVerb({
  name: 'registry.get_model_version',
  permission: 'models.read',
  input: z.object({ model: z.string(), version: z.string() }),
  async run({ ctx, input }): Promise<ModelVersion> {
    return describeVersion(ctx, await selectVersion(ctx, input.model, versionNumber(input.model, input.version)))
  },
})

/** A version as it is stored; throws `model_version_not_found`. */
export const findVersion = readVerb({
  name: 'registry.find_version',
  permission: 'models.read',
  input: z.object({ model: z.string(), version: z.string() }),
  run: ({ ctx, input }): Promise<StoredVersion> =>
    selectVersion(ctx, input.model, versionNumber(input.model, input.version)),
})

/** The version an alias points to, or undefined. */
export const getAlias = readVerb({
  name: 'registry.get_alias',
  permission: 'models.read',
  input: z.object({ model: z.string(), alias: z.string() }),
  async run({ ctx, input }): Promise<StoredVersion | undefined> {
    const row = await registryTables(ctx)
      .selectFrom('model_aliases')
      .select('version')
      .where('model', '=', input.model)
      .where('alias', '=', input.alias)
      .executeTakeFirst()
    return row === undefined ? undefined : selectVersion(ctx, input.model, row.version)
  },
})

/** A version that an alias points to, as serving needs it. */
export interface AliasTarget {
  readonly model: string
  readonly alias: string
  readonly version: string
  readonly artifact_path: string
  readonly signature: ModelVersion['signature']
}

/** Every version that has an alias of this name and whose files are kept here, by model. */
export const listAliasTargets = readVerb({
  name: 'registry.list_alias_targets',
  permission: 'models.read',
  input: z.object({ alias: z.string() }),
  async run({ ctx, input }): Promise<readonly AliasTarget[]> {
    const rows = await registryTables(ctx)
      .selectFrom('model_aliases as a')
      .innerJoin('model_versions as v', (join) =>
        join.onRef('v.model', '=', 'a.model').onRef('v.version', '=', 'a.version'),
      )
      .select(['a.model', 'a.alias', 'v.version', 'v.artifact_path', 'v.signature'])
      .where('a.alias', '=', input.alias)
      .where('v.artifact_path', 'is not', null)
      .orderBy('a.model')
      .limit(10_000)
      .execute()
    // The driver parses jsonb; the signature was checked when it was written.
    return rows.map((row) => ({
      ...row,
      artifact_path: row.artifact_path ?? '',
      version: String(row.version),
      signature: fromJsonb<ModelVersion['signature'] | null>(row.signature) ?? undefined,
    }))
  },
})

/** The versions that runs made, by run. */
export async function modelVersionsOf(
  ctx: VerbContext,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly { name: string; version: string }[]>> {
  const found = new Map<string, { name: string; version: string }[]>()
  if (runIds.length === 0) return found
  for (const { run_id, model, version } of await selectVersions(ctx, { runIds, limit: 10_000 })) {
    if (run_id === null) continue
    found.set(run_id, [...(found.get(run_id) ?? []), { name: model, version: String(version) }])
  }
  return found
}
