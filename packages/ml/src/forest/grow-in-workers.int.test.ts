// The compiled package: a worker thread runs `dist/forest/forest-worker.js`, which does not exist beside the sources.
import { exportEstimator, type FitRun, type ForestClassifier, randomForestClassifier } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { expectEqual } from '../../test/expect-equal.js'
import { generatedSet } from '../../test/generated-set.js'
import { workerRowsMin } from './grow-forest.js'

const generated = generatedSet({ rowCount: workerRowsMin, featureCount: 8, classCount: 3, seed: 21 })

function train({ parameters = { nEstimators: 12 }, ...run }: FitRun & { readonly parameters?: object }) {
  const { matrix, labels } = generated
  return randomForestClassifier.fit({
    ...run,
    features: matrix,
    target: { kind: 'classes', labels },
    parameters: { ...parameters },
  })
}

const exportForest = (model: ForestClassifier) => exportEstimator(randomForestClassifier, model)

describe('worker threads', () => {
  test('none, one, two and three of them make the same model and the same bytes, each time', async () => {
    const alone = await train({ threads: 0 })
    const bytes = exportForest(alone)
    for (const threads of [1, 2, 3, 2]) {
      const model = await train({ threads })
      expectEqual(model, alone)
      expect(Buffer.from(exportForest(model)).equals(bytes)).toBe(true)
    }
  })

  test('more of them than trees do no harm, and progress counts every tree', async () => {
    const seen: number[] = []
    await train({ threads: 4, parameters: { nEstimators: 2 }, onProgress: ({ done }) => seen.push(done) })
    expect(seen).toEqual([1, 2])
  })

  test('a signal stops them, also one that was given before', async () => {
    const controller = new AbortController()
    const training = train({
      threads: 2,
      parameters: { nEstimators: 5000 },
      signal: controller.signal,
      onProgress: () => controller.abort('enough'),
    })
    await expect(training).rejects.toMatchObject({ code: 'training_aborted', cause: 'enough' })
    await expect(train({ threads: 2, signal: controller.signal })).rejects.toMatchObject({ code: 'training_aborted' })
  })

  test('an error of the caller in its progress function ends the training', async () => {
    const onProgress = () => {
      throw new Error('no disk')
    }
    await expect(train({ threads: 2, onProgress })).rejects.toThrowError('no disk')
  })
})
