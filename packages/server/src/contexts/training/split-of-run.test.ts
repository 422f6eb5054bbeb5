import { TrainingRequest } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { splitOfRun, splitTags } from './split-of-run.js'

type Values = Readonly<Record<string, string>>

const pairs = (values: Values) => Object.entries(values).map(([key, value]) => ({ key, value }))

const runOf = (tags: Values, params: Values = {}) => ({
  data: { tags: pairs(tags), params: pairs(params), metrics: [] },
})

describe('splitOfRun', () => {
  test('gives back what the request said', () => {
    const request = TrainingRequest.parse({
      snapshot: 'a',
      target: 'y',
      estimator: { kind: 'ridge' },
      split: { kind: 'group', column: 'user: id', test_share: 0.3 },
      seed: 7,
    })
    const { target, split, seed } = request
    expect(splitOfRun(runOf(splitTags(request)))).toEqual({ target, split, seed })
  })

  test('reads the parameters of older runs', () => {
    const tags = { 'fabrique.snapshot': 'snap_1' }
    const params = { target: 'y', task: 'regression', test_share: '0.25', seed: '3' }
    expect(splitOfRun(runOf(tags, { ...params, split: 'random' }))).toEqual({
      target: 'y',
      task: 'regression',
      seed: 3,
      split: { kind: 'random', test_share: 0.25, stratify: true },
    })
    expect(splitOfRun(runOf(tags, { ...params, split: 'time: sent: at' }))?.split).toEqual({
      kind: 'time',
      column: 'sent: at',
      test_share: 0.25,
    })
  })

  test('knows nothing of other runs, and of a tag that somebody changed', () => {
    expect(splitOfRun(runOf({}, { target: 'y', split: 'random', test_share: '0.2', seed: '1' }))).toBeUndefined()
    expect(splitOfRun(runOf({ 'fabrique.snapshot': 'snap_1' }))).toBeUndefined()
    expect(splitOfRun(runOf({ 'fabrique.split': '{' }))).toBeUndefined()
    expect(splitOfRun(runOf({ 'fabrique.split': '{"target":1}' }))).toBeUndefined()
  })
})
