import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { type LineageRef, type LineageThing, markErased, recordLineage, relabel } from '../lineage/index.js'
import { runThings } from '../tracking/index.js'
import type { StoredModel } from './model-store.js'
import { registryTables } from './store.js'

type Model = Pick<StoredModel, 'id' | 'name'>

/** The number of the model stands for its name, which may change or be given to another one. */
const versionRef = (model: Model, version: number): LineageRef => ({
  kind: 'model_version',
  id: `${model.id}/${version}`,
})

const versionThing = (model: Model, version: number): LineageThing => ({
  ...versionRef(model, version),
  label: `${model.name} ${version}`,
  detail: { model: model.name, version: String(version) },
})

/** Tells of versions, and of the runs that made them where these are here. */
export async function tellVersions(
  ctx: VerbContext,
  model: Model,
  versions: readonly { readonly version: number; readonly run_id: string | null }[],
): Promise<void> {
  const runs = await runThings(
    ctx,
    versions.flatMap(({ run_id }) => run_id ?? []),
  )
  const known = new Set(runs.map(({ id }) => id))
  await recordLineage(ctx, {
    things: [
      ...versions.map(({ version }) => versionThing(model, version)),
      ...runs.map((run) => ({ ...run, keep: true as const })),
    ],
    steps: versions.flatMap(({ version, run_id }) =>
      run_id === null || !known.has(run_id)
        ? []
        : [{ from: { kind: 'run', id: run_id }, to: versionRef(model, version), relation: 'registered' }],
    ),
  })
}

/** A version as it stands in the lineage; nothing where it is not here any more. */
export async function versionLineage(
  ctx: VerbContext,
  model: string,
  version: number,
): Promise<LineageThing | undefined> {
  const { rows } = await sql<Model>`
    select m.id, m.name from registered_models m join model_versions v on v.model = m.name
    where m.name = ${model} and v.version = ${version}
  `.execute(ctx.db)
  return rows[0] === undefined ? undefined : versionThing(rows[0], version)
}

export async function eraseVersion(ctx: VerbContext, model: Model, version: number): Promise<void> {
  await markErased(ctx, versionRef(model, version))
}

/** Marks all versions of a model as erased; before they are. */
export async function eraseVersions(ctx: VerbContext, model: Model): Promise<void> {
  const versions = await numbersOf(ctx, model.name)
  await markErased(
    ctx,
    versions.map((version) => versionRef(model, version)),
  )
}

/** Gives the versions of a model its new name. */
export async function renameVersions(ctx: VerbContext, model: Model): Promise<void> {
  const versions = await numbersOf(ctx, model.name)
  await relabel(
    ctx,
    versions.map((version) => versionThing(model, version)),
  )
}

async function numbersOf(ctx: VerbContext, model: string): Promise<readonly number[]> {
  const rows = await registryTables(ctx)
    .selectFrom('model_versions')
    .select('version')
    .where('model', '=', model)
    .execute()
  return rows.map(({ version }) => version)
}
