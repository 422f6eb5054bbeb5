import { type Experiment as ApiExperiment, FabriqueError, LifecycleView } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { pageStartOf, pageTokenAfter, queryDigest } from '../../platform/mlflow/index.js'
import { momentOf } from './api-run.js'
import { checkedExperimentId } from './checks.js'
import { ExperimentId, Text, viewTypes } from './schema.js'
import { type Condition, stageCondition } from './search-sql.js'

interface ExperimentRow {
  readonly id: string
  readonly name: string
  readonly is_deleted: boolean
  readonly artifact_location: string
  readonly created_ms: number
  readonly updated_ms: number
  readonly tags: Readonly<Record<string, string>>
  readonly run_count: number
  readonly last_run_ms: number | null
  readonly used: string
}

/** Experiments with what stands in them, the last used first: by their newest run, or their making where they have none. */
export const listExperiments = readVerb({
  name: 'tracking.list_experiments',
  permission: 'runs.read',
  input: z.object({
    view: LifecycleView.default('active'),
    search: Text.optional(),
    limit: z.number().int().min(1).max(limit('list.page_max')).default(100),
    page_token: Text.optional(),
  }),
  async run({ ctx, input }): Promise<{ readonly items: ApiExperiment[]; readonly next_page_token?: string }> {
    const digest = queryDigest(['experiments', input.view, input.search ?? ''])
    const start = pageStartOf(input.page_token, digest)
    const conditions: Condition[] = [stageCondition(sql.ref('e.lifecycle_stage'), viewTypes[input.view])]
    if (input.search) conditions.push(sql`position(lower(${input.search}) in lower(e.name)) > 0`)
    if (start?.kind === 'after') conditions.push(afterExperiment(start.values))
    const offset = start?.kind === 'offset' ? start.offset : 0
    const rows = await selectRows(
      ctx,
      sql`where ${sql.join(conditions, sql` and `)} order by used.ms desc, e.id desc limit ${input.limit + 1} offset ${offset}`,
    )
    const page = rows.slice(0, input.limit)
    const last = page.at(-1)
    const items = page.map(toApiExperiment)
    if (rows.length <= input.limit || last === undefined) return { items }
    return { items, next_page_token: pageTokenAfter(digest, { phase: 0, values: [last.used, last.id] }) }
  },
})

/** One experiment, a deleted one too. Throws `experiment_not_found`. */
export const describeExperiment = readVerb({
  name: 'tracking.describe_experiment',
  permission: 'runs.read',
  input: ExperimentId,
  async run({ ctx, input }): Promise<ApiExperiment> {
    const id = checkedExperimentId(input.experiment_id)
    const [found] = await selectRows(ctx, sql`where e.id = ${id}::bigint`)
    if (found === undefined) throw new FabriqueError('experiment_not_found', { experiment: id })
    return toApiExperiment(found)
  },
})

function afterExperiment([used, id]: readonly (string | null)[]): Condition {
  const number = (value: string | null | undefined) => (/^-?\d{1,19}$/.test(value ?? '') ? value : '0')
  return sql`(used.ms, e.id) < (${number(used)}::bigint, ${number(id)}::bigint)`
}

async function selectRows(ctx: VerbContext, rest: RawBuilder<unknown>): Promise<readonly ExperimentRow[]> {
  const { rows } = await sql<ExperimentRow>`
    select found.*, (select count(*) from runs r where r.experiment_id = found.id::bigint and r.lifecycle_stage = 'active') as run_count,
      (select coalesce(json_object_agg(t.key, t.value order by t.key), '{}') from experiment_tags t
       where t.experiment_id = found.id::bigint) as tags
    from (
      select e.id::text as id, e.name, e.lifecycle_stage = 'deleted' as is_deleted, e.artifact_location, e.created_ms, e.updated_ms,
        newest.start_ms as last_run_ms, used.ms::text as used
      from experiments e
      left join lateral (
        select r.start_ms from runs r where r.experiment_id = e.id and r.lifecycle_stage = 'active' order by r.start_ms desc limit 1
      ) newest on true
      cross join lateral (select coalesce(newest.start_ms, e.created_ms) as ms) used
      ${rest}
    ) found
    order by found.used::bigint desc, found.id::bigint desc
  `.execute(ctx.db)
  return rows
}

function toApiExperiment(row: ExperimentRow): ApiExperiment {
  return {
    id: row.id,
    name: row.name,
    is_deleted: row.is_deleted,
    artifact_location: row.artifact_location,
    created_at: momentOf(row.created_ms),
    updated_at: momentOf(row.updated_ms),
    tags: { ...row.tags },
    run_count: row.run_count,
    ...(row.last_run_ms === null ? {} : { last_run_at: momentOf(row.last_run_ms) }),
  }
}
