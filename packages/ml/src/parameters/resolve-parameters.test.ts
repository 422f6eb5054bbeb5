import { describe, expect, test } from 'vitest'
import { type ForestParameters, forestParameters } from '../forest/forest-parameters.js'
import { parameterSpecs } from './parameter-spec.js'
import { loggedParameters, parameterFromText, resolveParameters } from './resolve-parameters.js'

const resolve = (given: Readonly<Record<string, unknown>>) =>
  resolveParameters<ForestParameters>(forestParameters, given)

describe('resolveParameters', () => {
  test('what is absent or undefined has its default', () => {
    expect(resolve({ maxDepth: undefined })).toMatchObject({
      nEstimators: 100,
      criterion: 'gini',
      maxDepth: null,
      minSamplesSplit: 2,
      minSamplesLeaf: 1,
      maxFeatures: 'sqrt',
      bootstrap: true,
      classWeight: null,
      seed: 0,
    })
  })

  test('both kinds of names are known, null is kept where the default is none', () => {
    expect(resolve({ n_estimators: 7, maxFeatures: null, random_state: 3 })).toMatchObject({
      nEstimators: 7,
      maxFeatures: null,
      seed: 3,
    })
  })

  test('counts and shares are told apart', () => {
    expect(resolve({ minSamplesLeaf: 0.1, maxFeatures: 0.5, minSamplesSplit: 3 })).toMatchObject({
      minSamplesLeaf: 0.1,
      maxFeatures: 0.5,
      minSamplesSplit: 3,
    })
  })

  test.each([
    { given: { nEstimators: 0 }, message: 'n_estimators is 0: it must be a whole number from 1 to 10000' },
    { given: { nEstimators: 1.5 }, message: 'n_estimators is 1.5: it must be a whole number from 1 to 10000' },
    { given: { nEstimators: '7' }, message: 'n_estimators is "7": it must be a whole number from 1 to 10000' },
    { given: { maxDepth: Number.NaN }, message: 'max_depth is NaN: it must be a whole number of at least 1 or null' },
    {
      given: { maxFeatures: 'all' },
      message:
        'max_features is "all": it must be a whole number of at least 1 or a share between 0 and 1 or "sqrt" or "log2" or null',
    },
    {
      given: { min_samples_split: 1 },
      message: 'min_samples_split is 1: it must be a whole number of at least 2 or a share between 0 and 1',
    },
    { given: { criterion: null }, message: 'criterion is null: it must be "gini" or "entropy" or "log_loss"' },
    { given: { bootstrap: 1 }, message: 'bootstrap is 1: it must be true or false' },
    { given: { seed: -1 }, message: 'random_state is -1: it must be a whole number from 0 to 9007199254740991' },
    { given: { seed: 1, random_state: 1 }, message: 'random_state is given under both of its names: give it once' },
  ])('$given is refused', ({ given, message }) => {
    expect(() => resolve(given)).toThrowError(expect.objectContaining({ code: 'invalid_parameter', message }))
  })

  test('an unknown name is refused with the known ones', () => {
    expect(() => resolve({ trees: 5 })).toThrowError(
      expect.objectContaining({
        code: 'unknown_parameter',
        value: 'trees',
        message: expect.stringContaining('n_estimators, criterion, max_depth'),
      }),
    )
  })
})

test('parameters are logged as users of scikit-learn log them', () => {
  expect(loggedParameters(forestParameters, resolve({ bootstrap: false }))).toMatchObject({
    n_estimators: '100',
    criterion: 'gini',
    max_depth: 'None',
    min_samples_split: '2',
    min_samples_leaf: '1',
    max_features: 'sqrt',
    bootstrap: 'False',
    class_weight: 'None',
    random_state: '0',
  })
})

test('every default is accepted, and an entry is named as its key', () => {
  for (const spec of parameterSpecs({ ...forestParameters })) {
    expect(() => resolve({ [spec.name]: spec.default })).not.toThrow()
    expect(Object.keys(forestParameters)).toContain(spec.name)
    expect(spec.sklearnName).toMatch(/^[a-z]+(_[a-z]+)*$/)
  }
})

test('text as logged is read back as the same parameters', () => {
  const parameters = resolve({ maxFeatures: 0.5, bootstrap: false, maxDepth: 3 })
  const logged = Object.entries(loggedParameters(forestParameters, parameters))
  expect(resolve(Object.fromEntries(logged.map(([name, text]) => [name, parameterFromText(text)])))).toEqual(parameters)
  expect(['null', 'true', '1e2', 'sqrt', ''].map(parameterFromText)).toEqual([null, true, 100, 'sqrt', ''])
})
