import { ApplyFeatures, FabriqueError, type FeaturePlan } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type RecordChange, type VerbContext } from '../../../platform/index.js'
import { recordLineage } from '../../lineage/index.js'
import { viewThing } from './model.js'
import { type MadePlan, makePlan } from './plan-features.js'
import { featureTables, lockFeatures, redescribe, removeVersioned } from './store.js'

/**
 * Makes these declarations those of the project: all of them or none. What is not among them is taken away; its versions stay for what
 * was made with them. Applying the same again changes nothing. Errors: `features_invalid`, `feature_name_clash`, `project_not_found`, and
 * `features_plan_outdated` where the digest is of another plan.
 */
export const applyFeatures = changeVerb({
  name: 'features.apply_features',
  permission: 'features.write',
  input: ApplyFeatures.extend({ project: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<FeaturePlan> {
    const { project, declarations, digest } = input
    await lockFeatures(ctx, project)
    const plan = await makePlan(ctx, project, declarations)
    if (digest !== undefined && digest !== plan.digest) throw new FabriqueError('features_plan_outdated', { project })
    const { changes } = plan
    if (changes.every(({ change }) => change === 'none')) unchanged()
    else await write(ctx, project, plan, record)
    return { changes, digest: plan.digest }
  },
})

async function write(ctx: VerbContext, project: string, plan: MadePlan, record: RecordChange): Promise<void> {
  await writeEntities(ctx, project, plan)
  await writeViews(ctx, project, plan)
  await writeServices(ctx, project, plan)
  const count = (change: string) => plan.changes.filter((item) => item.change === change).length
  await record({
    subject: `features/${project}`,
    event: 'features.applied',
    payload: { project, created: count('create'), updated: count('update'), deleted: count('delete') },
  })
  for (const { kind, name, change, from_version = 0, to_version = from_version } of plan.changes) {
    if (kind !== 'feature_view' || change === 'none') continue
    await record({
      subject: `feature_views/${project}/${name}`,
      event: 'feature_view.applied',
      payload: { project, view: name, version: to_version, change },
    })
  }
}

async function writeEntities(ctx: VerbContext, project: string, { entities, changes }: MadePlan): Promise<void> {
  const tables = featureTables(ctx)
  const named = (change: string) => namesOf(changes, 'entity', change)
  const touched = new Set([...named('create'), ...named('update')])
  for (const definition of entities) {
    if (!touched.has(definition.name)) continue
    const values = {
      definition: JSON.stringify(definition),
      applied_at: ctx.clock.now(),
      applied_by: ctx.actor.id,
    }
    await tables
      .insertInto('feature_entities')
      .values({ project, name: definition.name, ...values })
      .onConflict((conflict) => conflict.columns(['project', 'name']).doUpdateSet(values))
      .execute()
  }
  const gone = named('delete')
  if (gone.length > 0) {
    await tables.deleteFrom('feature_entities').where('project', '=', project).where('name', 'in', gone).execute()
  }
}

async function writeViews(ctx: VerbContext, project: string, { views, changes }: MadePlan): Promise<void> {
  const tables = featureTables(ctx)
  for (const { kind, name, change, from_version, to_version } of changes) {
    if (kind !== 'feature_view' || change === 'none') continue
    const view = views.find(({ definition }) => definition.name === name)
    if (view === undefined) {
      await removeVersioned(ctx, 'feature_views', { project, name })
    } else if (from_version === to_version) {
      await redescribe(ctx, 'feature_views', { project, name, ...view })
    } else {
      await tables
        .insertInto('feature_views')
        .values({
          id: ctx.ids.prefixed('fview'),
          project,
          name,
          version: view.version,
          definition: JSON.stringify(view.definition),
          keys: JSON.stringify(view.keys),
          digest: view.digest,
          applied_at: ctx.clock.now(),
          applied_by: ctx.actor.id,
          removed_at: null,
        })
        .execute()
      await recordLineage(ctx, { things: [viewThing({ project, name, version: view.version })] })
    }
  }
}

async function writeServices(ctx: VerbContext, project: string, { services, changes }: MadePlan): Promise<void> {
  const tables = featureTables(ctx)
  for (const { kind, name, change, from_version, to_version } of changes) {
    if (kind !== 'feature_service' || change === 'none') continue
    const service = services.find(({ definition }) => definition.name === name)
    if (service === undefined) {
      await removeVersioned(ctx, 'feature_services', { project, name })
    } else if (from_version === to_version) {
      await redescribe(ctx, 'feature_services', { project, name, ...service })
    } else {
      await tables
        .insertInto('feature_services')
        .values({
          project,
          name,
          version: service.version,
          definition: JSON.stringify(service.definition),
          views: JSON.stringify(service.views),
          digest: service.digest,
          applied_at: ctx.clock.now(),
          applied_by: ctx.actor.id,
          removed_at: null,
        })
        .execute()
    }
  }
}

function namesOf(changes: MadePlan['changes'], kind: string, change: string): string[] {
  return changes.filter((item) => item.kind === kind && item.change === change).map(({ name }) => name)
}
