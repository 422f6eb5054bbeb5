import { expect, test } from 'vitest'
import { exampleRequest } from './example-request.js'
import type { FeatureLookup, ModelSignature } from './model.js'

const signature: ModelSignature = {
  task: 'classification',
  features: [
    { name: 'hours', type: 'number' },
    { name: 'weekday', type: 'integer' },
    { name: 'plan', type: 'category', nullable: true },
  ],
  target: { name: 'left', classes: ['false', 'true'] },
  example: { weekday: 3, hours: 1.5 },
}
const lookup: FeatureLookup = {
  project: 'churn',
  service: 'churn',
  service_version: 1,
  keys: ['user_id', 'plan'],
  features: ['hours'],
  on_missing: 'error',
  defaults: {},
}

test('is by value in the order of the signature', () => {
  expect(exampleRequest(signature)).toEqual({ features: [1.5, 3, null] })
  expect(exampleRequest({ ...signature, feature_lookup: lookup })).toEqual({ features: [1.5, 3, null] })
})

test('is by key where the model looks features up, with what is not looked up beside it', () => {
  const asked = { ...lookup, example: { user_id: 'u1', plan: 'basic' } }
  expect(exampleRequest({ ...signature, feature_lookup: asked })).toEqual({ user_id: 'u1', plan: 'basic', weekday: 3 })
})
