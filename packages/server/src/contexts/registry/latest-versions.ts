import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { canonicalStage, checkAliasText } from './model.js'
import { selectModel } from './model-store.js'
import { type StoredVersion, selectLatestVersions, selectVersion, versionNumber } from './store.js'

/** The newest version of each stage, or of some stages, of a model. Throws `model_not_found`, `model_stage_invalid`. */
export const getLatestVersions = readVerb({
  name: 'registry.get_latest_versions',
  permission: 'models.read',
  input: z.object({ model: z.string(), stages: z.array(z.string()).default([]) }),
  async run({ ctx, input }): Promise<readonly StoredVersion[]> {
    const stages = input.stages.map(canonicalStage)
    const { name } = await selectModel(ctx, input.model)
    const latest = await selectLatestVersions(ctx, [name])
    return stages.length === 0 ? latest : latest.filter(({ stage }) => stages.includes(stage))
  },
})

/**
 * The version that an alias points to; `latest` of any case is the newest one.
 * Throws `model_not_found`, `alias_not_found`, `alias_invalid`, `latest_version_not_found`.
 */
export const getVersionByAlias = readVerb({
  name: 'registry.get_version_by_alias',
  permission: 'models.read',
  input: z.object({ model: z.string(), alias: z.string() }),
  run: ({ ctx, input }): Promise<StoredVersion> => versionOfAlias(ctx, input.model, input.alias),
})

/** The newest version over all stages. Throws `model_not_found`, `latest_version_not_found`. */
async function newestVersion(ctx: VerbContext, model: string): Promise<StoredVersion> {
  const latest = await getLatestVersions({ ctx, input: { model } })
  const newest = latest.at(-1)
  if (newest === undefined) throw new FabriqueError('latest_version_not_found', { model })
  return newest
}

async function versionOfAlias(ctx: VerbContext, name: string, alias: string): Promise<StoredVersion> {
  checkAliasText(alias)
  if (alias.toLowerCase() === 'latest') return newestVersion(ctx, name)
  const model = await selectModel(ctx, name)
  const version = Object.hasOwn(model.aliases, alias) ? model.aliases[alias] : undefined
  if (version === undefined) throw new FabriqueError('alias_not_found', { model: name, alias })
  return selectVersion(ctx, name, version)
}

/** The version that the part of an address `models:/…` after the name means: a number, `latest`, a stage or an alias. */
export async function findByAddress(
  ctx: VerbContext,
  address: { readonly name: string; readonly suffix: string; readonly isAlias: boolean },
): Promise<StoredVersion> {
  const { name, suffix } = address
  if (address.isAlias) return versionOfAlias(ctx, name, suffix)
  if (/^\d+$/.test(suffix)) return selectVersion(ctx, name, versionNumber(name, suffix))
  if (suffix.toLowerCase() === 'latest') return newestVersion(ctx, name)
  const [version] = await getLatestVersions({ ctx, input: { model: name, stages: [suffix] } })
  if (version === undefined) throw new FabriqueError('model_version_not_found', { model: name, version: suffix })
  return version
}
