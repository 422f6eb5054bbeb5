import { describe, expect, it } from 'vitest'
import { trainSearch } from '../../routing/search.js'
import {
  chosenFeatures,
  emptyDraft,
  featureChoice,
  readDraft,
  settle,
  type TrainDraft,
  writeDraft,
} from './train-draft.js'

const throughAddress = (draft: TrainDraft) => {
  const query = new URLSearchParams(writeDraft(draft) as Record<string, string>).toString()
  return readDraft(trainSearch(Object.fromEntries(new URLSearchParams(query))))
}

describe('the address of the form', () => {
  it('is empty for an empty form', () => {
    expect(writeDraft(emptyDraft)).toEqual({})
    expect(readDraft({})).toEqual(emptyDraft)
  })

  it('keeps every field, whatever stands in it', () => {
    const draft: TrainDraft = {
      dataset: 'houses',
      snapshot: 'snap_1',
      target: 'price, in €',
      task: 'regression',
      features: { kind: 'without', names: ['id', 'a,b', 'c~d'] },
      weight: 'w & v',
      mode: 'search',
      estimator: 'ridge',
      params: { alpha: '0,5', class_weight: 'yes=2; no=1' },
      method: 'hyperband',
      trials: '7',
      metric: 'rmse',
      prune: true,
      calibration: 'isotonic',
      threshold: 'cost',
      beta: '0,5',
      falsePositive: '2',
      falseNegative: '0.1',
      recall: '0.95',
      cut: '0,35',
      budget: '30',
      split: 'time',
      column: 'sold at',
      test: '12,5',
      isStratified: false,
      seed: '42',
      folds: '5',
      hasCurve: true,
      name: 'Süß + sour = 100 %',
      register: 'maison',
      promote: 'if_better',
      promoteMetric: 'mae',
    }
    expect(throughAddress(draft)).toEqual(draft)
    const only = { ...draft, features: { kind: 'only', names: ['x', 'y'] } } as const
    expect(throughAddress(only)).toEqual(only)
  })

  it('drops what it does not know', () => {
    const search = trainSearch({
      mode: 'magic',
      split: 'odd',
      task: 'both',
      params: 'alpha',
      promote: '1',
      calibration: 'platt',
      threshold: 'best',
      other: 'x',
    })
    expect(readDraft(search)).toEqual({ ...emptyDraft, params: {} })
  })
})

describe('features', () => {
  const columns = ['a', 'b', 'c', 'd']

  it('are said in the shortest way', () => {
    expect(featureChoice(new Set(columns), columns)).toEqual({ kind: 'all' })
    expect(featureChoice(new Set(['a', 'b', 'c']), columns)).toEqual({ kind: 'without', names: ['d'] })
    expect(featureChoice(new Set(['b']), columns)).toEqual({ kind: 'only', names: ['b'] })
    expect(featureChoice(new Set(), columns)).toEqual({ kind: 'only', names: [] })
  })

  it('come in the order of the columns, and only where they are there', () => {
    expect(chosenFeatures({ kind: 'all' }, columns)).toEqual(columns)
    expect(chosenFeatures({ kind: 'without', names: ['b', 'gone'] }, columns)).toEqual(['a', 'c', 'd'])
    expect(chosenFeatures({ kind: 'only', names: ['d', 'gone', 'a'] }, columns)).toEqual(['a', 'd'])
  })
})

describe('settle', () => {
  const draft: TrainDraft = {
    ...emptyDraft,
    dataset: 'houses',
    target: 'price',
    task: 'classification',
    estimator: 'ridge',
    params: { alpha: '2' },
    metric: 'rmse',
    features: { kind: 'without', names: ['id'] },
  }

  it('lets go of columns with the dataset, and of the estimator with what is learnt', () => {
    expect(settle(draft, { dataset: 'cars' })).toEqual({ ...emptyDraft, dataset: 'cars' })
    const other = settle(draft, { target: 'rooms' })
    expect(other).toMatchObject({ target: 'rooms', task: '', estimator: '', params: {}, metric: '' })
    expect(other.features).toEqual(draft.features)
  })

  it('keeps what a change does not concern', () => {
    expect(settle(draft, { dataset: 'houses', snapshot: '' })).toEqual(draft)
    expect(settle(draft, { seed: '2' })).toEqual({ ...draft, seed: '2' })
    expect(settle(draft, { estimator: 'lasso' })).toEqual({ ...draft, estimator: 'lasso', params: {} })
    expect(settle(draft, { params: { alpha: '3' } }).params).toEqual({ alpha: '3' })
  })
})
