import type { EstimatorInfo, Run } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { draftOfRun } from './draft-of-run.js'
import { emptyDraft } from './train-draft.js'

const run = (params: Record<string, string>): Run => ({
  id: 'a'.repeat(32),
  name: 'one',
  experiment_id: '1',
  experiment: 'lab',
  status: 'FINISHED',
  started_at: '2026-11-21T08:00:00.000Z',
  user: 'ana',
  params,
  metrics: {},
  tags: {},
  datasets: [{ name: 'houses', digest: '1', snapshot_id: 'snap_1' }],
  model_versions: [{ name: 'house', version: '2' }],
})
const parameter = (name: string, type: 'number' | 'integers' | 'weights', value: number | number[] | null) => ({
  name,
  type,
  default: value,
  nullable: value === null,
  choices: [],
  description: name,
})
const mlp: EstimatorInfo = {
  kind: 'mlp_regressor',
  task: 'regression',
  sklearn_name: 'MLPRegressor',
  accepts: { missing: false, categories: false, sparse: false, sample_weights: false },
  parameters: [
    parameter('alpha', 'number', 0.0001),
    parameter('hidden_layer_sizes', 'integers', [100]),
    parameter('class_weight', 'weights', null),
    parameter('random_state', 'number', 0),
  ],
}

describe('draftOfRun', () => {
  it('asks again for calibration and threshold', () => {
    const decided = (params: Record<string, string>) => draftOfRun(run(params), [])
    expect(decided({ calibration: 'sigmoid', threshold: 'cost:1:2.5' })).toMatchObject({
      calibration: 'sigmoid',
      threshold: 'cost',
      falsePositive: '1',
      falseNegative: '2.5',
    })
    expect(decided({ threshold: 'f_beta:0.5' })).toMatchObject({ calibration: '', threshold: 'f_beta', beta: '0.5' })
    expect(decided({ threshold: 'precision_at_recall:0.9' })).toMatchObject({ recall: '0.9' })
    expect(decided({ threshold: '0.35' })).toMatchObject({ threshold: 'fixed', cut: '0.35' })
    expect(decided({ threshold: 'youden' })).toMatchObject({ threshold: 'youden' })
    expect(decided({ threshold: 'luck', calibration: 'magic' })).toMatchObject({ threshold: '', calibration: '' })
  })

  it('asks again for what a run did, with the parameters that were changed', () => {
    const draft = draftOfRun(
      run({
        target: 'price',
        task: 'regression',
        estimator: 'mlp_regressor',
        features: 'age, town',
        alpha: '0.0001',
        hidden_layer_sizes: '[64,32]',
        class_weight: '{"yes":2}',
        random_state: '7',
        seed: '7',
        test_share: '0.07',
        split: 'group: town',
        folds: '3',
      }),
      [mlp],
    )
    expect(draft).toEqual({
      ...emptyDraft,
      dataset: 'houses',
      target: 'price',
      task: 'regression',
      features: { kind: 'only', names: ['age', 'town'] },
      estimator: 'mlp_regressor',
      params: { hidden_layer_sizes: '64, 32', class_weight: 'yes=2' },
      split: 'group',
      column: 'town',
      test: '7',
      seed: '7',
      folds: '3',
      register: 'house',
    })
  })

  it('knows the target of loops of earlier versions', () => {
    expect(draftOfRun(run({ label: 'species' }), []).target).toBe('species')
  })

  it('knows searches and competitions', () => {
    const search = { 'search.method': 'random', 'search.trials': '9', estimator: 'mlp_regressor', alpha: '3' }
    expect(draftOfRun(run(search), [mlp])).toMatchObject({ mode: 'search', method: 'random', trials: '9', params: {} })
    const auto = { 'auto.budget_seconds': '30', estimator: 'mlp_regressor' }
    expect(draftOfRun(run(auto), [mlp])).toMatchObject({ mode: 'auto', budget: '30', estimator: '' })
  })
})
