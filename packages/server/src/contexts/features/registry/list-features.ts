import {
  type ColumnType,
  type Entity,
  FabriqueError,
  FeatureListQuery,
  type FeatureService,
  type FeatureView,
} from '@fabrique/contract'
import { z } from 'zod'
import { pageOf, readVerb, type VerbContext } from '../../../platform/index.js'
import { listDatasets } from '../../datasets/index.js'
import { type MaterializedViews, materializedViews } from '../online/materialized-views.js'
import { featureTypes } from './check-sql.js'
import { type AppliedEntity, type AppliedService, type AppliedView, featuresOf } from './model.js'
import { findView, readEntities, readNewestServices, readNewestViews } from './store.js'

const InProject = FeatureListQuery.extend({ project: z.string() })
type InProject = z.output<typeof InProject>

/** The items of a page by name; the token is the name of the last one shown. */
function pageByName<Item extends { readonly name: string }>(items: readonly Item[], { limit, page_token }: InProject) {
  const rest = items.filter(({ name }) => page_token === undefined || name > page_token)
  return pageOf(
    rest.map((item) => ({ id: item.name, item })),
    limit,
  )
}

async function served(ctx: VerbContext, project: string) {
  const [views, services] = [await readNewestViews(ctx, project), await readNewestServices(ctx, project)]
  return {
    views: views.filter(({ isRemoved }) => !isRemoved),
    services: services.filter(({ isRemoved }) => !isRemoved),
  }
}

/** A page of the entities of a project by name, each with the views of it. */
export const listEntities = readVerb({
  name: 'features.list_entities',
  permission: 'features.read',
  input: InProject,
  async run({ ctx, input }): Promise<{ items: Entity[]; next_page_token?: string }> {
    const { views } = await served(ctx, input.project)
    const { shown, next } = pageByName(await readEntities(ctx, input.project), input)
    return { items: shown.map(({ item }) => describeEntity(item, views)), ...next }
  },
})

/** One entity, with the views of it. Throws `entity_not_found`. */
export const getEntity = readVerb({
  name: 'features.get_entity',
  permission: 'features.read',
  input: z.object({ project: z.string(), entity: z.string() }),
  async run({ ctx, input: { project, entity: name } }): Promise<Entity> {
    const found = (await readEntities(ctx, project)).find((entity) => entity.name === name)
    if (found === undefined) throw new FabriqueError('entity_not_found', { project, entity: name })
    return describeEntity(found, (await served(ctx, project)).views)
  },
})

/** A page of the views of a project by name, each at its newest version. */
export const listFeatureViews = readVerb({
  name: 'features.list_feature_views',
  permission: 'features.read',
  input: InProject,
  async run({ ctx, input }): Promise<{ items: FeatureView[]; next_page_token?: string }> {
    const { views, services } = await served(ctx, input.project)
    const { shown, next } = pageByName(views, input)
    const columns = await columnsOfDatasets(ctx, input.project)
    const materialized = await materializedViews(ctx, input.project)
    const items = shown.map(({ item }) => describeView(item, { services, columns, materialized }))
    return { items, ...next }
  },
})

/** One view, at its newest version or at another. Throws `feature_view_not_found`. */
export const getFeatureView = readVerb({
  name: 'features.get_feature_view',
  permission: 'features.read',
  input: z.object({ project: z.string(), view: z.string(), version: z.number().int().optional() }),
  async run({ ctx, input }): Promise<FeatureView> {
    const { project, view: name, version } = input
    const view = await findView(ctx, { project, name, version })
    if (view === undefined) throw new FabriqueError('feature_view_not_found', { project, view: named(name, version) })
    const { services } = await served(ctx, project)
    const columns = await columnsOfDatasets(ctx, project)
    return describeView(view, { services, columns, materialized: await materializedViews(ctx, project) })
  },
})

/** A page of the services of a project by name, each at its newest version. */
export const listFeatureServices = readVerb({
  name: 'features.list_feature_services',
  permission: 'features.read',
  input: InProject,
  async run({ ctx, input }): Promise<{ items: FeatureService[]; next_page_token?: string }> {
    const { services } = await served(ctx, input.project)
    const { shown, next } = pageByName(services, input)
    const items = shown.map(({ item: { project, name, version, definition, views, appliedAt } }) => ({
      project,
      name,
      version,
      definition,
      views: [...views],
      applied_at: appliedAt.toISOString(),
    }))
    return { items, ...next }
  },
})

const named = (name: string, version: number | undefined) => (version === undefined ? name : `${name}@${version}`)

/** Types of the columns of each data set: declared, and as in its newest snapshot. */
type Columns = ReadonlyMap<string, ReadonlyMap<string, ColumnType>>

async function columnsOfDatasets(ctx: VerbContext, project: string): Promise<Columns> {
  const datasets = await listDatasets({ ctx, input: { project } })
  return new Map(
    datasets.map(({ name, columns, latest_snapshot: snapshot }) => {
      const declared = Object.entries(columns).map(([column, { type }]) => [column, type] as const)
      const found = snapshot?.columns.map((column) => [column.name, column.type] as const) ?? []
      return [name, new Map([...declared, ...found])]
    }),
  )
}

function describeEntity({ project, definition, appliedAt }: AppliedEntity, views: readonly AppliedView[]): Entity {
  const own = views.filter((view) => view.definition.entities.includes(definition.name))
  return { project, definition, views: own.map(({ name }) => name), applied_at: appliedAt.toISOString() }
}

interface KnownOfProject {
  readonly services: readonly AppliedService[]
  readonly columns: Columns
  readonly materialized: MaterializedViews
}

function describeView(view: AppliedView, { services, columns, materialized }: KnownOfProject): FeatureView {
  const { project, name, version, definition, keys, appliedAt, appliedBy } = view
  const source = definition.source.kind === 'dataset' ? columns.get(definition.source.dataset) : undefined
  const types = featureTypes(definition, source)
  return {
    project,
    name,
    version,
    definition,
    keys: keys.map((key) => {
      const type = key.type ?? source?.get(key.column)
      return { name: key.name, ...(type === undefined ? {} : { type }) }
    }),
    features: featuresOf(definition).map((feature) => {
      const type = types.get(feature.name)
      return { ...feature, ...(type === undefined ? {} : { type }) }
    }),
    applied_at: appliedAt.toISOString(),
    applied_by: appliedBy,
    services: services
      .filter((service) => service.views.some((pinned) => pinned.view === name && pinned.version === version))
      .map((service) => service.name),
    ...materialized(name, version),
  }
}
