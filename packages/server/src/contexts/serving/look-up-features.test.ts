import type { FeatureLookup, FeatureStatus, Json, ModelSignature, OnlineReply } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { limit } from '../../kernel/index.js'
import { lookUpFeatures, type ReadOnline } from './look-up-features.js'

const lookup: FeatureLookup = {
  project: 'churn',
  service: 'churn',
  service_version: 2,
  keys: ['user_id'],
  features: ['plan', 'hours', 'unused'],
  on_missing: 'error',
  defaults: {},
}
const signatureWith = (changed: Partial<FeatureLookup>): ModelSignature => ({
  task: 'classification',
  features: [
    { name: 'plan', type: 'category', nullable: true },
    { name: 'hours', type: 'number', nullable: true },
    { name: 'weekday', type: 'integer' },
  ],
  target: { name: 'churned', classes: ['false', 'true'] },
  example: { plan: 'basic', hours: 3, weekday: 1 },
  feature_lookup: { ...lookup, ...changed },
})

type Held = Readonly<Record<string, readonly [Json, FeatureStatus]>>
const names = ['plan', 'hours', 'unused'] as const
const event = '2026-11-01T00:00:00.000Z'

/** A store with these keys; it keeps what it was asked. */
function storeOf(held: Readonly<Record<string, Held>>) {
  const asked: Parameters<ReadOnline>[0][] = []
  const read: ReadOnline = async (request) => {
    asked.push(request)
    const rowOf = (keys: (typeof request.keys)[number]): OnlineReply['rows'][number] => {
      const found = names.map((name) => held[String(keys.user_id)]?.[name] ?? ([null, 'NOT_FOUND'] as const))
      const isKnown = found.map(([, status]) => status !== 'NOT_FOUND')
      return {
        keys,
        values: found.map(([value]) => value),
        statuses: found.map(([, status]) => status),
        event_times: isKnown.map((known) => (known ? event : null)),
        age_seconds: isKnown.map((known) => (known ? 60 : null)),
      }
    }
    return {
      features: names.map((name) => ({ name, view: name === 'plan' ? 'profile' : 'usage_30d', version: 1 })),
      rows: request.keys.map(rowOf),
    }
  }
  return { read, asked }
}

const full: Held = { plan: ['basic', 'PRESENT'], hours: [12.5, 'PRESENT'], unused: [1, 'PRESENT'] }
const stale: Held = { plan: ['basic', 'PRESENT'], hours: [9, 'OUTSIDE_MAX_AGE'] }

function ask(body: unknown, changed: Partial<FeatureLookup> = {}, held: Readonly<Record<string, Held>> = {}) {
  const store = storeOf({ u1: full, old: stale, ...held })
  const target = { model: 'churn', signature: signatureWith(changed) }
  return { ...store, answer: lookUpFeatures(body, target, store.read) }
}

test('a key becomes the features that the model takes, with what was found of each', async () => {
  const { answer, asked } = ask({ user_id: 'u1', weekday: 3 })
  const found = { status: 'PRESENT', event_time: event, age_seconds: 60 }
  expect(await answer).toEqual({
    body: { features: { weekday: 3, plan: 'basic', hours: 12.5 } },
    used: [
      [
        { name: 'plan', view: 'profile', value: 'basic', ...found },
        { name: 'hours', view: 'usage_30d', value: 12.5, ...found },
      ],
    ],
  })
  expect(asked).toEqual([{ project: 'churn', service: 'churn@2', keys: [{ user_id: 'u1' }] }])
})

describe('several rows', () => {
  test('stay in their order, and a list stays one', async () => {
    const { answer } = ask(
      {
        features: [
          { user_id: 'old', weekday: 1 },
          { user_id: 'u1', weekday: 2 },
        ],
      },
      { on_missing: 'null' },
    )
    expect((await answer)?.body).toEqual({
      features: [
        { weekday: 1, plan: 'basic', hours: null },
        { weekday: 2, plan: 'basic', hours: 12.5 },
      ],
    })
  })

  test('are read in as many parts as one read may have', async () => {
    const atOnce = limit('features.online_rows_max')
    const rows = Array.from({ length: atOnce + 1 }, (_, weekday) => ({ user_id: 'u1', weekday }))
    const { answer, asked } = ask({ features: rows })
    expect((await answer)?.used).toHaveLength(atOnce + 1)
    expect(asked.map(({ keys }) => keys.length)).toEqual([atOnce, 1])
  })

  test('are no more than a request may have', async () => {
    const rows = Array.from({ length: limit('predict.rows_max') + 1 }, () => ({ user_id: 'u1' }))
    const { answer, asked } = ask({ features: rows })
    await expect(answer).rejects.toMatchObject({ code: 'too_many_rows' })
    expect(asked).toEqual([])
  })
})

describe('what is missing or too old', () => {
  test('is refused, and told by view', async () => {
    const { answer } = ask({ features: [{ user_id: 'u1' }, { user_id: 'old' }] })
    await expect(answer).rejects.toMatchObject({
      code: 'feature_values_missing',
      params: {
        row: 1,
        keys: '{"user_id":"old"}',
        reason: 'usage_30d has values that are too old (OUTSIDE_MAX_AGE)',
        reason_fr: 'usage_30d a des valeurs trop anciennes (OUTSIDE_MAX_AGE)',
      },
    })
    await expect(ask({ user_id: 'nobody' }).answer).rejects.toMatchObject({
      params: { reason: 'profile has no values for it (NOT_FOUND); usage_30d has no values for it (NOT_FOUND)' },
    })
  })

  test('is what the model says instead, and the answer says that', async () => {
    const policy = { on_missing: 'default', defaults: { plan: 'standard', hours: 0 } } as const
    const { answer } = ask({ user_id: 'old' }, policy)
    expect(await answer).toMatchObject({
      body: { features: { plan: 'basic', hours: 0 } },
      used: [
        [
          { name: 'plan', status: 'PRESENT' },
          { name: 'hours', value: 0, status: 'OUTSIDE_MAX_AGE', replaced: 'default' },
        ],
      ],
    })
    const incomplete = { ...policy, defaults: { plan: 'standard' } }
    await expect(ask({ user_id: 'old' }, incomplete).answer).rejects.toMatchObject({ code: 'feature_values_missing' })
  })

  test('is a missing value', async () => {
    const used = (await ask({ user_id: 'nobody' }, { on_missing: 'null' }).answer)?.used
    expect(used).toMatchObject([
      [
        { name: 'plan', value: null, status: 'NOT_FOUND', age_seconds: null, replaced: 'null' },
        { name: 'hours', value: null, status: 'NOT_FOUND', replaced: 'null' },
      ],
    ])
  })

  test('but a value that is known to be missing is one, as in training', async () => {
    const held = { u2: { plan: [null, 'NULL_VALUE'], hours: ['NaN', 'PRESENT'] } } as const
    const { answer } = ask({ user_id: 'u2' }, {}, held)
    expect(await answer).toMatchObject({
      body: { features: { plan: null, hours: null } },
      used: [[{ status: 'NULL_VALUE' }, { status: 'PRESENT' }]],
    })
    expect((await answer)?.used[0]?.[0]).not.toHaveProperty('replaced')
  })
})

describe('features given by value', () => {
  test.each([
    ['by name', { plan: 'basic', hours: 1, weekday: 2 }],
    ['in order', { features: ['basic', 1, 2] }],
    ['beside a key, which is refused as one too many', { user_id: 'u1', plan: 'basic', hours: 1, weekday: 2 }],
    ['not at all', {}],
    ['as no object', 'u1'],
  ])('%s, are not looked up', async (_name, body) => {
    const { answer, asked } = ask(body)
    expect(await answer).toBeUndefined()
    expect(asked).toEqual([])
  })
})

test('each row names all keys, counted as the rows of a request are', async () => {
  const { answer, asked } = ask({ features: [{ user_id: 'u1' }, { weekday: 1 }] })
  await expect(answer).rejects.toMatchObject({
    code: 'feature_key_missing',
    field: 'features[1].user_id',
    params: { row: 1, key: 'user_id' },
  })
  expect(asked).toEqual([])
})

test('a key that is no single value is refused, and a process without a store says so', async () => {
  await expect(ask({ user_id: { is: 'u1' } }).answer).rejects.toMatchObject({ code: 'invalid_request' })
  const target = { model: 'churn', signature: signatureWith({}) }
  await expect(lookUpFeatures({ user_id: 'u1' }, target, undefined)).rejects.toMatchObject({
    code: 'features_not_served',
    params: { names: 'plan, hours, weekday' },
  })
})
