import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../../platform/index.js'

/** The one project that has a view or service; Feast has one project for each server. */
export async function findProject(
  ctx: VerbContext,
  kind: 'feature_views' | 'feature_services',
  name: string,
): Promise<string> {
  const { rows } = await sql<{ project: string }>`
    select project from (
      select distinct on (project) project, removed_at from ${sql.table(kind)} where name = ${name} order by project, version desc
    ) newest where removed_at is null order by project limit 20
  `.execute(ctx.db)
  const [only, ...others] = rows.map(({ project }) => project)
  if (only === undefined) {
    throw kind === 'feature_views'
      ? new FabriqueError('feature_view_not_found', { project: '*', view: name })
      : new FabriqueError('feature_service_not_found', { project: '*', service: name })
  }
  if (others.length === 0) return only
  throw new FabriqueError('features_project_ambiguous', { name, projects: [only, ...others].join(', ') })
}
