import { describe, expect, test } from 'vitest'
import { accuracy, classificationScores, confusionMatrix } from './classification.js'
import { logLoss } from './probability.js'

// Expected values were computed with scikit-learn 1.9.1 (zero_division=0).
const truth = Int32Array.of(0, 0, 0, 1, 1, 1, 1, 2, 2, 3)
const predicted = Int32Array.of(0, 0, 1, 1, 1, 2, 4, 2, 0, 4)

describe('classificationScores', () => {
  const scores = classificationScores(truth, predicted, 6)

  test('per class: classes never predicted, never true and never seen have zeros', () => {
    expect(scores.perClass).toEqual([
      { precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 },
      { precision: 2 / 3, recall: 0.5, f1: expect.closeTo(0.5714285714285714, 15), support: 4 },
      { precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
      { precision: 0, recall: 0, f1: 0, support: 1 },
      { precision: 0, recall: 0, f1: 0, support: 0 },
      { precision: 0, recall: 0, f1: 0, support: 0 },
    ])
  })

  test('means: only classes that occur count', () => {
    expect(scores.accuracy).toBe(0.5)
    expect(scores.macro.precision).toBeCloseTo(0.36666666666666664, 15)
    expect(scores.macro.recall).toBeCloseTo(0.3333333333333333, 15)
    expect(scores.macro.f1).toBeCloseTo(0.3476190476190476, 15)
    expect(scores.weighted.f1).toBeCloseTo(0.5285714285714286, 15)
  })

  test('the confusion matrix has true classes as lines', () => {
    expect(scores.confusion.map((line) => [...line])).toEqual([
      [2, 1, 0, 0, 0, 0],
      [0, 2, 1, 0, 1, 0],
      [1, 0, 1, 0, 0, 0],
      [0, 0, 0, 0, 1, 0],
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
    ])
    expect(confusionMatrix(truth, predicted, 6)).toEqual(scores.confusion)
  })
})

test('accuracy is the share of hits', () => {
  expect(accuracy(truth, predicted)).toBe(0.5)
  expect(accuracy(truth, truth)).toBe(1)
})

describe('logLoss', () => {
  const codes = Int32Array.of(0, 1, 2, 1, 2)
  const columns = [
    [0.7, 0.1, 0, 1, 0.25],
    [0.2, 0.8, 0, 0, 0.5],
    [0.1, 0.1, 1, 0, 0.25],
  ]

  test('a certain and wrong row costs -ln(eps) of the type', () => {
    const doubles = columns.map((column) => Float64Array.from(column))
    expect(logLoss(codes, doubles)).toBeCloseTo(7.601953249097997, 13)
    const floats = columns.map((column) => Float32Array.from(column))
    // Scikit-learn adds up in float32 here, so its value has seven digits.
    expect(logLoss(codes, floats)).toBeCloseTo(3.5816993713378906, 6)
  })

  test.each([-0.1, 1.1, Number.NaN])('the probability %d is refused', (probability) => {
    expect(() => logLoss(Int32Array.of(0), [Float64Array.of(probability), Float64Array.of(0)])).toThrowError(
      expect.objectContaining({ code: 'invalid_probability', value: probability }),
    )
  })
})

test('rows that do not pair, missing rows and unknown codes are refused', () => {
  const one = Int32Array.of(0)
  const none = new Int32Array(0)
  expect(() => accuracy(one, none)).toThrowError(expect.objectContaining({ code: 'length_mismatch', value: 0 }))
  expect(() => accuracy(none, none)).toThrowError(expect.objectContaining({ code: 'empty_set' }))
  expect(() => classificationScores(one, Int32Array.of(2), 2)).toThrowError(
    expect.objectContaining({ code: 'invalid_label', value: 2 }),
  )
  expect(() => logLoss(one, [Float32Array.of(1, 1)])).toThrowError(expect.objectContaining({ code: 'length_mismatch' }))
})
