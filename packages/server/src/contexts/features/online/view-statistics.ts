import { FabriqueError, type FeatureDistribution, FeatureListQuery, type FeatureStatistics } from '@fabrique/contract'
import { z } from 'zod'
import { fromJsonb, pageOf, readVerb, type VerbContext } from '../../../platform/index.js'
import { type AppliedView, featuresOf } from '../registry/model.js'
import { foundAt } from './found-row.js'
import type { LatestRows } from './latest-rows.js'
import type { MaterializationRow } from './materialization-store.js'
import { valueOfJson } from './steps.js'
import { distributionsOf } from './value-statistics.js'

type StatisticsTables = {
  feature_statistics: {
    materialization_id: string
    project: string
    view: string
    version: number
    until: Date
    source_rows: number
    keys: number
    looked_at: number
    too_old: number
    newest_event: Date | null
    features: string
    recorded_at: Date
  }
}

const statisticsTables = (ctx: VerbContext) => ctx.db.withTables<StatisticsTables>()

/** What a view holds at a moment. */
export interface ViewFigures {
  /** Rows of its source. */
  readonly rows: number
  readonly lookedAt: number
  readonly tooOld: number
  readonly features: FeatureDistribution[]
}

export interface FiguresAt {
  readonly rows: number
  readonly untilUs: number
  /** As `stepDeriver` gives it. */
  readonly derive: ((steps: string) => string) | undefined
}

/** The figures of the sampled keys, with what code derives from their values. */
export function figuresOf(
  { definition }: AppliedView,
  { sample }: LatestRows,
  { rows, untilUs, derive }: FiguresAt,
): ViewFigures {
  const ttl = definition.ttl_seconds
  const at = { atUs: untilUs, validUs: untilUs, ttlUs: ttl === null ? undefined : Math.round(ttl * 1e6) }
  const found = sample
    .map((steps) => foundAt(derive === undefined ? steps : derive(steps), at))
    .filter((row) => row !== undefined)
  const names = featuresOf(definition).map(({ name }) => name)
  return {
    rows,
    lookedAt: found.length,
    tooOld: found.filter(({ isTooOld }) => isTooOld).length,
    features: distributionsOf(
      names,
      found.map(({ values }) => ({ values: values.map(valueOfJson) })),
    ),
  }
}

/** Keeps what a view held at a materialisation, in the transaction of its end. */
export async function keepStatistics(
  ctx: VerbContext,
  { id, project, view, version, until }: MaterializationRow,
  figures: ViewFigures & { readonly keys: number; readonly newestEvent: Date | null },
): Promise<void> {
  await statisticsTables(ctx)
    .insertInto('feature_statistics')
    .values({
      materialization_id: id,
      project,
      view,
      version,
      until,
      source_rows: figures.rows,
      keys: figures.keys,
      looked_at: figures.lookedAt,
      too_old: figures.tooOld,
      newest_event: figures.newestEvent,
      features: JSON.stringify(figures.features),
      recorded_at: ctx.clock.now(),
    })
    .execute()
}

/** A page of what a view held at its materialisations, newest first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listFeatureStatistics = readVerb({
  name: 'features.list_feature_statistics',
  permission: 'features.read',
  input: FeatureListQuery.extend({ project: z.string(), view: z.string() }),
  async run({ ctx, input }): Promise<{ items: FeatureStatistics[]; next_page_token?: string }> {
    const tables = statisticsTables(ctx)
    let query = tables
      .selectFrom('feature_statistics')
      .selectAll()
      .where('project', '=', input.project)
      .where('view', '=', input.view)
      .orderBy('recorded_at', 'desc')
      .orderBy('materialization_id', 'desc')
      .limit(input.limit + 1)
    if (input.page_token !== undefined) {
      const token = input.page_token
      const last = await tables
        .selectFrom('feature_statistics')
        .select(['materialization_id', 'recorded_at'])
        .where('materialization_id', '=', token)
        .executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token })
      query = query.where((row) =>
        row.or([
          row('recorded_at', '<', last.recorded_at),
          row.and([row('recorded_at', '=', last.recorded_at), row('materialization_id', '<', last.materialization_id)]),
        ]),
      )
    }
    const rows = (await query.execute()).map((row) => ({ ...row, id: row.materialization_id }))
    const { shown, next } = pageOf(rows, input.limit)
    return { items: shown.map(toStatistics), ...next }
  },
})

function toStatistics(row: StatisticsTables['feature_statistics']): FeatureStatistics {
  return {
    materialization_id: row.materialization_id,
    project: row.project,
    view: row.view,
    version: row.version,
    until: row.until.toISOString(),
    rows: row.source_rows,
    keys: row.keys,
    looked_at: row.looked_at,
    too_old: row.too_old,
    ...(row.newest_event === null ? {} : { newest_event: row.newest_event.toISOString() }),
    features: fromJsonb<FeatureDistribution[]>(row.features),
    recorded_at: row.recorded_at.toISOString(),
  }
}
