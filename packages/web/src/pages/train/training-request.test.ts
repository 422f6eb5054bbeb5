import type { ColumnProfile, EstimatorInfo, SnapshotColumn } from '@fabrique/contract'
import { TrainingRequest } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { guessTask } from './guess-task.js'
import { emptyDraft, type TrainDraft } from './train-draft.js'
import { readForm, refusedField } from './training-request.js'

const column = (name: string, type: SnapshotColumn['type'] = 'number'): SnapshotColumn => ({
  name,
  type,
  nullable: false,
  declared: false,
})
const columns = [column('age'), column('town', 'text'), column('weight'), column('price')]
const ridge: EstimatorInfo = {
  kind: 'ridge',
  task: 'regression',
  sklearn_name: 'Ridge',
  accepts: { missing: false, categories: false, sparse: true, sample_weights: true },
  parameters: [
    { name: 'alpha', type: 'number', default: 1, nullable: false, choices: [], min: 0, description: 'Strength' },
  ],
}
const context = { columns, task: 'regression', estimator: ridge } as const
const draft: TrainDraft = { ...emptyDraft, dataset: 'houses', target: 'price' }

describe('readForm', () => {
  it('asks for what the form says, in the words of the contract', () => {
    const { request, problems } = readForm(
      {
        ...draft,
        params: { alpha: '0,5' },
        test: '25',
        register: ' house ',
        promote: 'if_better',
        promoteMetric: 'mae',
      },
      context,
    )
    expect(problems).toEqual({})
    expect(request).toEqual({
      snapshot: 'houses@latest',
      target: 'price',
      task: 'regression',
      estimator: { kind: 'ridge', params: { alpha: 0.5 } },
      split: { kind: 'random', test_share: 0.25 },
      seed: 1,
      register: 'house',
      promote: 'if_better',
      promote_metric: 'mae',
    })
    expect(TrainingRequest.safeParse(request).success).toBe(true)
  })

  it('names features only where some are left out', () => {
    const features = { kind: 'without', names: ['town'] } as const
    expect(readForm({ ...draft, features, weight: 'weight' }, context).request).toMatchObject({
      features: ['age'],
      weight: 'weight',
    })
    const all = { kind: 'only', names: ['age', 'town', 'weight'] } as const
    expect(readForm({ ...draft, features: all }, context).request?.features).toBeUndefined()
    expect(readForm({ ...draft, features: { kind: 'only', names: [] } }, context).problems).toEqual({
      features: { kind: 'needed' },
    })
  })

  it('sends the search, the competition and the split that were chosen, and nothing of the others', () => {
    const search = readForm(
      {
        ...draft,
        mode: 'search',
        method: 'random',
        trials: '7',
        metric: 'rmse',
        prune: true,
        split: 'time',
        column: 'age',
      },
      context,
    ).request
    expect(search).toMatchObject({
      search: { method: 'random', trials: 7, metric: 'rmse', prune: true },
      split: { kind: 'time', column: 'age', test_share: 0.2 },
    })
    const auto = readForm({ ...draft, mode: 'auto', budget: '5', params: { alpha: 'x' } }, context).request
    expect(auto).toMatchObject({ auto: { budget_seconds: 5 } })
    expect(auto?.estimator).toBeUndefined()
    for (const request of [search, auto]) expect(TrainingRequest.safeParse(request).success).toBe(true)
  })

  it('says what is wrong with each field, and then asks for nothing', () => {
    const { request, problems } = readForm(
      { ...draft, target: '', params: { alpha: '-1' }, test: '100', seed: '1,5', folds: '1', split: 'random' },
      context,
    )
    expect(request).toBeUndefined()
    expect(problems).toEqual({
      target: { kind: 'needed' },
      'param.alpha': { kind: 'least', bound: 0 },
      test: { kind: 'most', bound: 99.9 },
      seed: { kind: 'whole' },
      folds: { kind: 'least', bound: 2 },
    })
    expect(readForm({ ...draft, target: 'gone' }, context).problems.target).toEqual({ kind: 'choice' })
    expect(readForm({ ...draft, split: 'group' }, context).problems.column).toEqual({ kind: 'needed' })
    expect(readForm(emptyDraft, { ...context, estimator: undefined }).problems).toMatchObject({
      dataset: { kind: 'needed' },
      estimator: { kind: 'needed' },
    })
  })

  it('sends calibration and threshold of classes, with the numbers that a goal asks for', () => {
    const classes = { ...context, task: 'classification', classes: 2 } as const
    const decided = (part: Partial<TrainDraft>) => readForm({ ...draft, calibration: 'isotonic', ...part }, classes)
    const goals: readonly (readonly [Partial<TrainDraft>, object])[] = [
      [{ threshold: 'f1' }, { goal: 'f1' }],
      [{ threshold: 'youden', beta: 'x' }, { goal: 'youden' }],
      [
        { threshold: 'f_beta', beta: '0,5' },
        { goal: 'f_beta', beta: 0.5 },
      ],
      [{ threshold: 'cost' }, { goal: 'cost', false_positive: 1, false_negative: 5 }],
      [
        { threshold: 'precision_at_recall', recall: '1' },
        { goal: 'precision_at_recall', recall: 1 },
      ],
      [
        { threshold: 'fixed', cut: '0' },
        { goal: 'fixed', value: 0 },
      ],
    ]
    for (const [part, threshold] of goals) {
      const { request } = decided(part)
      expect(request).toMatchObject({ calibration: 'isotonic', threshold })
      expect(TrainingRequest.safeParse(request).success).toBe(true)
    }
    expect(decided({ threshold: 'f_beta', beta: '0' }).problems).toEqual({ beta: { kind: 'above', bound: 0 } })
    expect(decided({ threshold: 'fixed', cut: '1.5' }).problems).toEqual({ cut: { kind: 'most', bound: 1 } })
    expect(decided({ threshold: 'cost', falsePositive: '0', falseNegative: '0' }).problems).toEqual({
      falsePositive: { kind: 'above', bound: 0 },
    })
    expect(decided({ threshold: 'cost', falsePositive: '', falseNegative: '-1' }).problems).toEqual({
      falsePositive: { kind: 'needed' },
      falseNegative: { kind: 'least', bound: 0 },
    })
  })

  it('sends neither of a number, and no threshold between more than two classes', () => {
    const wanted = { ...draft, calibration: 'sigmoid', threshold: 'fixed', cut: 'x' } as const
    const number = readForm(wanted, context)
    expect([number.problems, number.request?.calibration, number.request?.threshold]).toEqual([
      {},
      undefined,
      undefined,
    ])
    const three = readForm(wanted, { ...context, task: 'classification', classes: 3 })
    expect([three.problems, three.request?.calibration, three.request?.threshold]).toEqual([{}, 'sigmoid', undefined])
    expect(readForm(wanted, { ...context, task: 'classification' }).problems).toEqual({ cut: { kind: 'number' } })
  })

  it('promotes nothing that is not registered', () => {
    expect(readForm({ ...draft, promote: 'always' }, context).request?.promote).toBeUndefined()
  })
})

describe('refusedField', () => {
  const refused = (code: string, params: Record<string, unknown>, field?: string) =>
    refusedField({ code, field, params })

  it('finds the field of a refusal', () => {
    expect(refused('invalid_request', {}, 'search.trials')).toBe('trials')
    expect(refused('invalid_request', {}, 'features.3')).toBe('features')
    expect(refused('estimator_param_invalid', { param: 'alpha' })).toBe('param.alpha')
    expect(refused('snapshot_not_found', {})).toBe('dataset')
    expect(refused('training_refused', { code: 'missing_feature', reason: '…' })).toBe('features')
  })

  it('leaves others to the panel', () => {
    expect(refused('invalid_request', {}, 'other')).toBeUndefined()
    expect(refused('forbidden', {})).toBeUndefined()
  })
})

describe('guessTask', () => {
  const profile = (part: Partial<ColumnProfile>): ColumnProfile => ({
    name: 'x',
    type: 'number',
    count: 100,
    missing: 0,
    distinct: 3,
    distinct_is_exact: true,
    ...part,
  })

  it('takes texts and few whole numbers for classes, and other numbers for numbers', () => {
    expect(guessTask(column('x', 'text'), undefined)).toBe('classification')
    expect(guessTask(column('x', 'boolean'), undefined)).toBe('classification')
    expect(guessTask(column('x', 'integer'), profile({ distinct: 20 }))).toBe('classification')
    expect(guessTask(column('x', 'integer'), profile({ distinct: 21 }))).toBe('regression')
    expect(guessTask(column('x'), profile({ min: 0, max: 2, mean: 1 }))).toBe('classification')
    expect(guessTask(column('x'), profile({ min: 0, max: 2, mean: 1, top: [{ value: 0.5, count: 3 }] }))).toBe(
      'regression',
    )
    expect(guessTask(column('x'), undefined)).toBe('regression')
  })
})
