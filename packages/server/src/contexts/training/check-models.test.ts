import { ProjectDefinition, TrainingRequest, type TrainingRequestInput } from '@fabrique/contract'
import { estimators, transformers } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { checkModels } from './check-models.js'
import { checkRequest } from './training-definition.js'

const given: TrainingRequestInput = { snapshot: 'snap_1', target: 'left', estimator: { kind: 'gaussian_nb' } }
const check = (request: Partial<TrainingRequestInput>) => checkRequest(TrainingRequest.parse({ ...given, ...request }))
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('a request', () => {
  test('may have each step with its defaults, and decompositions', () => {
    const decompositions = estimators.filter(({ task }) => task === 'decomposition')
    for (const { kind } of [...transformers, ...decompositions]) check({ feature_steps: [{ kind }] })
    check({
      columns: [
        {
          columns: ['note'],
          steps: [{ kind: 'tfidf_vectorizer', params: { ngram_range: [1, 2], stop_words: 'french' } }, { kind: 'pca' }],
        },
      ],
    })
  })

  test.each<[string, Partial<TrainingRequestInput>, string]>([
    ['an unknown step', { feature_steps: [{ kind: 'oracle' }] }, 'training_refused'],
    ['an estimator as a step', { feature_steps: [{ kind: 'ridge' }] }, 'training_refused'],
    [
      'an unknown parameter of a step',
      { columns: [{ columns: ['a'], steps: [{ kind: 'standard_scaler', params: { mean: 1 } }] }] },
      'estimator_param_invalid',
    ],
    [
      'a value of a step out of range',
      { feature_steps: [{ kind: 'select_k_best', params: { k: -1 } }] },
      'estimator_param_invalid',
    ],
    ['a model named as a path', { register: 'a/b' }, 'model_name_invalid'],
    ['a model named by an address', { register: 'models:a' }, 'model_name_invalid'],
    ['a blank name', { register: ' ' }, 'invalid_request'],
  ])('with %s is refused', (_name, request, expected) => {
    expect(() => check(request)).toThrowError(code(expected))
  })

  test('names the step whose parameter it is', () => {
    const request = { feature_steps: [{ kind: 'select_k_best', params: { k: -1 } }] }
    expect(() => check(request)).toThrowError(
      expect.objectContaining({ params: expect.objectContaining({ estimator: 'select_k_best', param: 'k' }) }),
    )
  })
})

describe('a project', () => {
  const project = (model: object) =>
    ProjectDefinition.parse({
      name: 'stays',
      datasets: [{ name: 'stays', source: { kind: 'csv', paths: ['a.csv'] } }],
      models: [
        {
          ...{ name: 'leaves', task: 'classification', dataset: 'stays', label: 'left', features: ['a'] },
          estimator: { kind: 'gaussian_nb' },
          ...model,
        },
      ],
    })

  test.each<[string, object, string]>([
    [
      'columns are prepared by nothing there is',
      { columns: [{ columns: ['a'], steps: [{ kind: 'oracle' }] }] },
      'training_refused',
    ],
    ['features too', { feature_steps: [{ kind: 'pca', params: { components: 2 } }] }, 'estimator_param_invalid'],
    [
      'numbers are calibrated',
      { task: 'regression', estimator: { kind: 'ridge' }, calibration: 'sigmoid' },
      'calibration_needs_classifier',
    ],
    [
      'numbers have a threshold',
      { task: 'regression', estimator: undefined, auto: {}, threshold: { goal: 'f1' } },
      'threshold_needs_two_classes',
    ],
  ])('whose %s is refused when it is applied', async (_name, model, expected) => {
    await expect(checkModels(project(model))).rejects.toThrowError(code(expected))
  })

  test('may calibrate a classifier', async () => {
    await checkModels(project({ calibration: 'sigmoid', threshold: { goal: 'fixed', value: 0.3 } }))
  })
})
