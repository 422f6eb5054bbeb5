import type { EntityDefinition, FeatureServiceDefinition, FeatureViewDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../../platform/index.js'
import type { AppliedEntity, AppliedService, AppliedView, ViewKey } from './model.js'

type FeatureTables = {
  feature_entities: { project: string; name: string; definition: string; applied_at: Date; applied_by: string }
  feature_views: {
    id: string
    project: string
    name: string
    version: number
    definition: string
    keys: string
    digest: string
    applied_at: Date
    applied_by: string
    removed_at: Date | null
  }
  feature_services: {
    project: string
    name: string
    version: number
    definition: string
    views: string
    digest: string
    applied_at: Date
    applied_by: string
    removed_at: Date | null
  }
}

/** What is kept by version: a change of what decides about values is another row. */
type VersionedTable = 'feature_views' | 'feature_services'

export const featureTables = (ctx: VerbContext) => ctx.db.withTables<FeatureTables>()

/** Rows as the driver gives them: jsonb is parsed, and was checked when it was written. */
interface ViewRow {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly version: number
  readonly definition: unknown
  readonly keys: unknown
  readonly digest: string
  readonly applied_at: Date
  readonly applied_by: string
  readonly removed_at: Date | null
}

interface ServiceRow extends Omit<ViewRow, 'id' | 'keys'> {
  readonly views: unknown
}

function toView(row: ViewRow): AppliedView {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    version: row.version,
    definition: row.definition as FeatureViewDefinition,
    keys: row.keys as ViewKey[],
    digest: row.digest,
    appliedAt: row.applied_at,
    appliedBy: row.applied_by,
    isRemoved: row.removed_at !== null,
  }
}

function toService(row: ServiceRow): AppliedService {
  return {
    project: row.project,
    name: row.name,
    version: row.version,
    definition: row.definition as FeatureServiceDefinition,
    views: row.views as AppliedService['views'],
    digest: row.digest,
    appliedAt: row.applied_at,
    appliedBy: row.applied_by,
    isRemoved: row.removed_at !== null,
  }
}

/** Entities of a project by name. */
export async function readEntities(ctx: VerbContext, project: string): Promise<readonly AppliedEntity[]> {
  const rows = await featureTables(ctx)
    .selectFrom('feature_entities')
    .selectAll()
    .where('project', '=', project)
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    project: row.project,
    name: row.name,
    definition: fromJsonb<EntityDefinition>(row.definition),
    appliedAt: row.applied_at,
  }))
}

/** The newest version of each view of a project by name, those that were taken away included. */
export async function readNewestViews(ctx: VerbContext, project: string): Promise<readonly AppliedView[]> {
  const rows = await featureTables(ctx)
    .selectFrom('feature_views')
    .selectAll()
    .distinctOn('name')
    .where('project', '=', project)
    .orderBy('name')
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toView)
}

/** The newest version of each service of a project by name, those that were taken away included. */
export async function readNewestServices(ctx: VerbContext, project: string): Promise<readonly AppliedService[]> {
  const rows = await featureTables(ctx)
    .selectFrom('feature_services')
    .selectAll()
    .distinctOn('name')
    .where('project', '=', project)
    .orderBy('name')
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toService)
}

interface Named {
  readonly project: string
  readonly name: string
  /** The newest that is served by default. */
  readonly version?: number | undefined
}

/** The row of a version; without one that of the newest, unless it was taken away. */
async function findRow<Row extends { readonly removed_at: Date | null }>(
  ctx: VerbContext,
  table: VersionedTable,
  { project, name, version: asked }: Named,
): Promise<Row | undefined> {
  const version = asked ?? null
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)} where project = ${project} and name = ${name}
      and (${version}::integer is null or version = ${version}) order by version desc limit 1
  `.execute(ctx.db)
  const [row] = rows
  return row === undefined || (version === null && row.removed_at !== null) ? undefined : row
}

/** A version of a view; without one the newest, unless the view was taken away. */
export async function findView(ctx: VerbContext, named: Named): Promise<AppliedView | undefined> {
  const row = await findRow<ViewRow>(ctx, 'feature_views', named)
  return row === undefined ? undefined : toView(row)
}

/** A version of a service; without one the newest, unless the service was taken away. */
export async function findService(ctx: VerbContext, named: Named): Promise<AppliedService | undefined> {
  const row = await findRow<ServiceRow>(ctx, 'feature_services', named)
  return row === undefined ? undefined : toService(row)
}

/** Takes what has this name out of the declarations; its versions stay. */
export async function removeVersioned(
  ctx: VerbContext,
  table: VersionedTable,
  { project, name }: Omit<Named, 'version'>,
): Promise<void> {
  await sql`
    update ${sql.table(table)} set removed_at = ${ctx.clock.now()}
    where project = ${project} and name = ${name} and removed_at is null
  `.execute(ctx.db)
}

/** Writes what people say about a version, which decides about no value. */
export async function redescribe(
  ctx: VerbContext,
  table: VersionedTable,
  { project, name, version, definition }: Required<Named> & { readonly definition: object },
): Promise<void> {
  await sql`
    update ${sql.table(table)} set definition = ${JSON.stringify(definition)}::jsonb
    where project = ${project} and name = ${name} and version = ${version}
  `.execute(ctx.db)
}

/** Lets one apply of a project go on at a time, until the end of the transaction. */
export async function lockFeatures(ctx: VerbContext, project: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(7240, hashtext(${project}))`.execute(ctx.db)
}
