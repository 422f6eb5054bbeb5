import { describe, expectTypeOf, test } from 'vitest'
import {
  category,
  csv,
  dataset,
  derive,
  entity,
  type FeatureView,
  featureService,
  featureView,
  integer,
  number,
  query,
  sql,
  text,
  timestamp,
} from './index.js'

// Each line below `@ts-expect-error` must be refused by the type checker: `npm run types` fails where it is not.

const usage = dataset('usage', csv('usage.csv'), {
  columns: { user: text(), hours: number(), visits: integer(), plan: category(['free', 'paid']), at: timestamp() },
  time: 'at',
})
const user = entity('user', { key: 'user' })
const given = { from: usage, entity: user } as const

type ValuesOf<View> = View extends FeatureView<infer Values> ? { [Name in keyof Values]: Values[Name] } : never

describe('feature views', () => {
  test('take columns of their data set', () => {
    featureView('v', { ...given, features: ['hours', { name: 'tariff', column: 'plan' }] })
    // @ts-expect-error there is no such column
    featureView('v', { ...given, features: ['minutes'] })
    // @ts-expect-error there is no such column
    featureView('v', { ...given, features: ['hours'], created: 'known' })
    // @ts-expect-error there is no such column
    featureView('v', { ...given, aggregations: { s: { of: 'minutes', as: 'sum', over: '1d' } } })
    // @ts-expect-error there is no such function
    featureView('v', { ...given, aggregations: { s: { of: 'hours', as: 'median', over: '1d' } } })
    // Without declared columns any name may be that of one.
    featureView('v', { from: query([usage], 'select * from usage'), entity: user, time: 'any', features: ['thing'] })
  })

  test('derive from what they have', () => {
    featureView('v', {
      ...given,
      features: ['hours', 'plan'],
      derived: {
        twice: derive(['hours'], 'number', ({ hours }) => {
          expectTypeOf(hours).toEqualTypeOf<number | null>()
          return hours === null ? null : 2 * hours
        }),
        paid: derive(['plan'], 'boolean', ({ plan }: { plan: string | null }) => plan === 'paid'),
        half: sql('hours / 2'),
      },
    })
    // @ts-expect-error the plan is no number
    featureView('v', { ...given, features: ['plan'], derived: { d: derive(['plan'], 'number', ({ plan }) => plan) } })
    // @ts-expect-error it is not among the features
    featureView('v', { ...given, features: ['hours'], derived: { d: derive(['visits'], 'number', () => 1) } })
    // @ts-expect-error the function gives another type
    derive(['hours'], 'text', ({ hours }) => hours)
    // @ts-expect-error there is no such input
    derive(['hours'], 'number', ({ visits }) => visits)
  })

  test('know their values and names', () => {
    const view = featureView('v', {
      ...given,
      features: ['hours', { name: 'tariff', column: 'plan' }],
      aggregations: { newest: { of: 'plan', as: 'last', over: '7d' }, sum: { of: 'hours', as: 'sum', over: '7d' } },
      derived: { half: sql('hours / 2'), word: sql("'a' || hours", 'text') },
    })
    expectTypeOf<ValuesOf<typeof view>>().toEqualTypeOf<{
      readonly hours: number | null
      readonly tariff: 'free' | 'paid' | null
      readonly newest: 'free' | 'paid' | null
      readonly sum: number | null
      readonly half: number | null
      readonly word: string | null
    }>()
    featureService('s', [view, view.features('hours', 'half'), view.prefixed('v_')])
    // @ts-expect-error there is no such feature
    view.features('plan')
  })
})
