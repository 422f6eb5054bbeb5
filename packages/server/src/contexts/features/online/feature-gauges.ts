import type { FeatureDistribution } from '@fabrique/contract'
import { sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'
import { limit } from '../../../kernel/index.js'
import { fromJsonb, sharedLook, type VerbContext } from '../../../platform/index.js'

interface ServedRow {
  readonly project: string
  readonly view: string
  readonly until: Date | null
  readonly newest_event: Date | null
  readonly keys: number
  readonly source_rows: number | null
  /** The driver parses jsonb. */
  readonly features: unknown
}

/**
 * Adds how fresh the online values of each view are, how many keys and rows it has, and how many of its values are null, to what Prometheus
 * reads. They are looked up when it asks, one query at most every `metrics.feature_views_refresh_ms`; while the database is away the last
 * ones stay.
 */
export function addFeatureGauges(ctx: VerbContext, registry: Registry): void {
  const { clock, log } = ctx
  const everyMs = limit('metrics.feature_views_refresh_ms')
  const collect = sharedLook({ clock, log, what: 'feature views', everyMs }, () => fill(ctx, gauges))
  const gaugeOf = (name: string, help: string, labels: readonly string[] = []) =>
    new Gauge({ name, help, labelNames: ['project', 'view', ...labels], registers: [registry], collect })
  const gauges: Gauges = {
    freshness: gaugeOf(
      'fabrique_feature_view_freshness_seconds',
      'Seconds since the moment up to which everything known is in the online store.',
    ),
    eventAge: gaugeOf('fabrique_feature_view_newest_event_age_seconds', 'Age of the newest event in the online store.'),
    keys: gaugeOf('fabrique_feature_view_keys', 'Keys with values in the online store after the last materialisation.'),
    rows: gaugeOf('fabrique_feature_view_rows', 'Rows of the source of the view at the last materialisation.'),
    nullRate: gaugeOf(
      'fabrique_feature_null_rate',
      'Share of nulls of a feature among the keys looked at by the last materialisation.',
      ['feature'],
    ),
  }
}

interface Gauges {
  readonly freshness: Gauge
  readonly eventAge: Gauge
  readonly keys: Gauge
  readonly rows: Gauge
  readonly nullRate: Gauge
}

async function fill(ctx: VerbContext, { freshness, eventAge, keys, rows, nullRate }: Gauges): Promise<void> {
  const served = await readServed(ctx)
  const now = ctx.clock.now().getTime()
  for (const gauge of [freshness, eventAge, keys, rows, nullRate]) gauge.reset()
  let featuresLeft = limit('metrics.features_max')
  for (const row of served) {
    const labels = { project: row.project, view: row.view }
    if (row.until !== null) freshness.set(labels, (now - row.until.getTime()) / 1_000)
    if (row.newest_event !== null) eventAge.set(labels, (now - row.newest_event.getTime()) / 1_000)
    // Where nothing was materialised, and only applications sent rows, nobody has counted.
    if (row.source_rows === null) continue
    keys.set(labels, row.keys)
    rows.set(labels, row.source_rows)
    for (const { name, null_rate } of fromJsonb<readonly FeatureDistribution[]>(row.features)) {
      featuresLeft -= 1
      if (featuresLeft >= 0) nullRate.set({ ...labels, feature: name }, null_rate)
    }
  }
}

/** What is read of each view that is served: its newest version in the store. */
async function readServed(ctx: VerbContext): Promise<readonly ServedRow[]> {
  const { rows } = await sql<ServedRow>`
    select distinct on (o.project, o.view) o.project, o.view, o.until, o.newest_event, o.keys, s.source_rows, s.features
    from online_versions o
    join (
      select distinct on (project, name) project, name, removed_at from feature_views order by project, name, version desc
    ) v on v.project = o.project and v.name = o.view and v.removed_at is null
    left join lateral (
      select source_rows, features from feature_statistics s
      where s.project = o.project and s.view = o.view and s.version = o.version
      order by recorded_at desc, materialization_id desc limit 1
    ) s on true
    where o.readable_at is not null
    order by o.project, o.view, o.version desc limit ${limit('metrics.feature_views_max')}
  `.execute(ctx.db)
  return rows
}
