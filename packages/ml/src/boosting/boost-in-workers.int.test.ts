// The compiled package: a worker thread runs `dist/boosting/boosting-worker.js`, which does not exist beside the sources.
import { type DesignMatrix, type Estimator, estimatorNamed, type FitInput } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { classTarget, countTarget, generatedRows } from '../../test/boosting-sets.js'
import { expectEqual } from '../../test/expect-equal.js'

const { matrix, values } = generatedRows(6000)

type Any = Estimator<'classification' | 'regression'>

function boosting(task: 'classifier' | 'regressor'): Any {
  const found = estimatorNamed(`hist_gradient_boosting_${task}`)
  if (found === undefined) throw new Error('the catalogue does not have it')
  return found as Any
}

const cases: readonly {
  readonly name: string
  readonly task: 'classifier' | 'regressor'
  readonly target: FitInput<'classification' | 'regression'>['target']
  readonly parameters: object
  readonly weighted?: boolean
}[] = [
  { name: 'two classes', task: 'classifier', target: classTarget(values, 2), parameters: {} },
  {
    ...{ name: 'three classes, stopping early', task: 'classifier', target: classTarget(values, 3), weighted: true },
    parameters: { earlyStopping: true, maxFeatures: 0.5, learningRate: 0.5 },
  },
  { name: 'squared errors', task: 'regressor', target: { kind: 'values', values }, parameters: { maxLeafNodes: null } },
  { name: 'counts', task: 'regressor', target: countTarget(values), parameters: { loss: 'poisson' }, weighted: true },
  {
    ...{ name: 'a quantile', task: 'regressor', target: { kind: 'values', values }, weighted: true },
    parameters: { loss: 'quantile', quantile: 0.8 },
  },
  {
    ...{ name: 'the median', task: 'regressor', target: { kind: 'values', values } },
    parameters: { loss: 'absolute_error', monotonicCst: { x4: 1 } },
  },
]

function fit(one: (typeof cases)[number], threads: number, more: object = {}, features: DesignMatrix = matrix) {
  const weights = one.weighted === true ? { sampleWeights: Float64Array.from(values, (_, row) => 0.1 * (row % 7)) } : {}
  const parameters = { maxIter: 5, ...one.parameters }
  return boosting(one.task).fit({ features, target: one.target, threads, parameters, ...weights, ...more })
}

describe('worker threads', () => {
  test.each(cases)('none, one, two and three make the same model, each time: $name', async (one) => {
    const alone = await fit(one, 0)
    for (const threads of [1, 2, 3, 2]) expectEqual(await fit(one, threads), alone)
  })

  test('nodes that all threads work on, and nodes that each takes for itself, make the same model', async () => {
    const large = generatedRows(40_000)
    const one = { name: '', task: 'classifier' as const, target: classTarget(large.values, 2), parameters: {} }
    const alone = await fit(one, 0, {}, large.matrix)
    for (const threads of [2, 3]) expectEqual(await fit(one, threads, {}, large.matrix), alone)
  })

  test('nodes that are made ready in vain, as of noise, take no room from others', async () => {
    const noise = Float64Array.from({ length: 6000 }, (_, row) => ((row * 2654435761) % 2 ** 32) / 2 ** 32)
    const target = { kind: 'values' as const, values: noise }
    const parameters = { maxLeafNodes: 127, minSamplesLeaf: 1 }
    const one = { name: 'noise', task: 'regressor' as const, target, parameters }
    expectEqual(await fit(one, 2), await fit(one, 0))
  })

  test('rows in the order of the target leave no thread without work and change nothing', async () => {
    const order = Int32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
    const features = {
      ...matrix,
      columns: matrix.columns.map((column) => ({
        ...column,
        values: Float64Array.from(order, (row) => column.values[row] ?? 0),
      })),
    }
    const target = { kind: 'values' as const, values: Float64Array.from(order, (row) => values[row] ?? 0) }
    const one = { name: 'sorted', task: 'regressor' as const, target, parameters: {} }
    expectEqual(await fit(one, 2, {}, features), await fit(one, 0, {}, features))
  })

  const [first] = cases
  if (first === undefined) throw new Error('there are cases')

  test('every iteration is told', async () => {
    const seen: number[] = []
    await fit(first, 2, { onProgress: ({ done }: { done: number }) => seen.push(done) })
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  test('a signal stops them, also one that was given before', async () => {
    const controller = new AbortController()
    const run = { signal: controller.signal, onProgress: () => controller.abort('enough') }
    const long = { ...first, parameters: { maxIter: 10_000 } }
    await expect(fit(long, 2, run)).rejects.toMatchObject({ code: 'training_aborted', cause: 'enough' })
    await expect(fit(long, 2, run)).rejects.toMatchObject({ code: 'training_aborted' })
  })

  test('an error of the caller in its progress function ends the training', async () => {
    const onProgress = () => {
      throw new Error('no disk')
    }
    await expect(fit(first, 2, { onProgress })).rejects.toThrowError('no disk')
  })
})
