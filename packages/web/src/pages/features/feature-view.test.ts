import { type FeatureStatistics, type FeatureView, FeatureViewDefinition } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { formatOf } from '../../i18n/format.js'
import { wholeCatalogue } from '../../i18n/whole-catalogue.js'
import { freshnessOf } from './freshness.js'
import { matchesView } from './match-view.js'
import { serviceFeatures } from './service-features.js'
import { spanText } from './span-text.js'
import { featureOf, pointsOf, shareOf, spreadOf } from './statistics-points.js'

const hour = 3_600_000
const now = Date.parse('2026-03-02T12:00:00Z')

function view(definition: object = {}, more: Partial<FeatureView> = {}): FeatureView {
  return {
    project: 'p',
    name: 'usage',
    version: 1,
    definition: FeatureViewDefinition.parse({
      name: 'usage',
      entities: ['user'],
      source: { kind: 'dataset', dataset: 'usage' },
      time: 'day',
      ...definition,
    }),
    keys: [{ name: 'user_id', type: 'integer' }],
    features: [{ name: 'hours', kind: 'feature' }],
    applied_at: '2026-03-01T00:00:00Z',
    applied_by: 'ada',
    services: ['churn'],
    ...more,
  }
}

const materialized = (newest: number | undefined): Partial<FeatureView> => ({
  materialized: {
    until: new Date(now).toISOString(),
    ended_at: new Date(now).toISOString(),
    keys: 3,
    ...(newest === undefined ? {} : { newest_event: new Date(newest).toISOString() }),
  },
})

describe('freshnessOf', () => {
  it('is stale where the newest value is older than the time-to-live, not where it is exactly as old', () => {
    const ttl = { ttl_seconds: 3600 }
    expect(freshnessOf(view(ttl, materialized(now - hour)), now).state).toBe('newest')
    expect(freshnessOf(view(ttl, materialized(now - hour - 1)), now).state).toBe('stale')
    expect(freshnessOf(view({}, materialized(now - 1000 * hour)), now).state).toBe('newest')
  })

  it('tells what is not online from what is not there yet', () => {
    expect(freshnessOf(view({ online: false }), now)).toEqual({ state: 'off' })
    expect(freshnessOf(view(), now)).toEqual({ state: 'missing' })
    expect(freshnessOf(view({}, materialized(undefined)), now)).toEqual({ state: 'empty' })
  })
})

describe('matchesView', () => {
  const one = view({ description: 'Hours watched', owner: 'ada', tags: { team: 'growth' } })
  it.each(['', 'USAGE', 'ada', 'watched hours', 'user churn', 'growth'])('finds “%s”', (text) => {
    expect(matchesView(one, text)).toBe(true)
  })
  it('wants all words', () => {
    expect(matchesView(one, 'usage payments')).toBe(false)
  })
})

describe('spanText', () => {
  it('uses the largest unit that is whole', async () => {
    const [en, fr] = [await wholeCatalogue('en'), await wholeCatalogue('fr')]
    const text = (seconds: number) => spanText(seconds, en, formatOf('en'))
    expect([45 * 86_400, 36 * 3600, 5400, 90, 0.5].map(text)).toEqual(['45 d', '36 h', '90 min', '90 s', '0.5 s'])
    expect(spanText(86_400, fr, formatOf('fr'))).toBe('1 j')
  })
})

describe('serviceFeatures', () => {
  it('names features as the service does, at the versions it was applied with', () => {
    const service = {
      project: 'p',
      name: 'churn',
      version: 2,
      definition: {
        name: 'churn',
        tags: {},
        views: [{ view: 'usage', features: ['hours'], prefix: 'u_' }, { view: 'plans' }],
      },
      views: [
        { view: 'usage', version: 3 },
        { view: 'plans', version: 1 },
      ],
      applied_at: '2026-03-01T00:00:00Z',
    }
    expect(serviceFeatures(service)).toEqual([
      { view: 'usage', version: 3, features: [{ name: 'hours', as: 'u_hours' }], prefix: 'u_' },
      { view: 'plans', version: 1, features: undefined, prefix: '' },
    ])
  })
})

describe('statistics over time', () => {
  const at = (until: string, null_rate: number, looked_at = 10): FeatureStatistics => ({
    materialization_id: `mat_${until}`,
    project: 'p',
    view: 'usage',
    version: 1,
    until,
    rows: 20,
    keys: 12,
    looked_at,
    too_old: 3,
    features: [{ name: 'hours', nulls: 4, null_rate, distinct: 2 }],
    recorded_at: until,
  })
  const statistics = [at('2026-03-02T00:00:10Z', 0.5), at('2026-03-02T00:00:00Z', 0.4), at('2026-03-02T00:00:00Z', 0.1)]

  it('are points in the order of time, with gaps, one for each moment', () => {
    const start = Date.parse('2026-03-02T00:00:00Z') / 1000
    expect(pointsOf(statistics, (one) => featureOf(one, 'hours')?.null_rate)).toEqual({
      xs: [start, start + 10],
      ys: [0.4, 0.5],
    })
    expect(pointsOf(statistics, (one) => featureOf(one, 'gone')?.null_rate).ys).toEqual([null, null])
  })

  it('give shares of the keys looked at, none of nothing', () => {
    expect(shareOf(3, at('2026-03-02T00:00:00Z', 0))).toBe(0.3)
    expect(shareOf(0, at('2026-03-02T00:00:00Z', 0, 0))).toBe(0)
    const [hours] = at('2026-03-02T00:00:00Z', 0.4).features
    expect(hours === undefined ? undefined : spreadOf(hours, 10)).toEqual({ name: 'hours', count: 6 })
  })
})
