// The compiled module: a worker thread runs `dist/linear/loss-worker.js`, which does not exist beside the sources.
import { logisticRegression } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { expectEqual } from '../../test/expect-equal.js'
import { generatedSet } from '../../test/generated-set.js'
import { sparseOf } from '../../test/linear-sets.js'
import { entryCount } from '../data/feature-rows.js'
import type { FitInput } from '../estimators/estimator.js'
import { createRandom } from '../random/create-random.js'
import { usefulThreads } from './loss-objective.js'

const { matrix, labels } = generatedSet({ rowCount: 30_000, featureCount: 15, classCount: 9, seed: 5 })
const dense: FitInput<'classification'> = { features: matrix, target: { kind: 'classes', labels } }

function sparseInput(): FitInput<'classification'> {
  const random = createRandom(3)
  const rows = Array.from({ length: 30_000 }, () => {
    const row = new Float64Array(60)
    for (let entry = 0; entry < 20; entry++) row[random.intBelow(60)] = random.float()
    return row
  })
  return { features: sparseOf(rows), target: { kind: 'classes', labels } }
}

describe('worker threads', () => {
  test.each([
    { name: 'dense', input: dense },
    { name: 'sparse', input: sparseInput() },
  ])('none, two and three of them make the same model of $name rows', async ({ input }) => {
    const parameters = { max_iter: 4 }
    const alone = await logisticRegression.fit({ ...input, parameters, threads: 0 })
    expect(alone.iterations).toBeGreaterThan(1)
    for (const threads of [2, 3, 2]) {
      expect(usefulThreads(entryCount(input.features), 9, { threads })).toBe(threads)
      expectEqual(await logisticRegression.fit({ ...input, parameters, threads }), alone)
    }
  })

  test('a signal stops them, also one that was given before', async () => {
    const controller = new AbortController()
    const fit = logisticRegression.fit({
      ...dense,
      threads: 2,
      parameters: { tol: 1e-14 },
      signal: controller.signal,
      onProgress: () => controller.abort('enough'),
    })
    await expect(fit).rejects.toMatchObject({ code: 'training_aborted', cause: 'enough' })
    const again = logisticRegression.fit({ ...dense, threads: 2, signal: controller.signal })
    await expect(again).rejects.toMatchObject({ code: 'training_aborted' })
  })

  test('an error of the caller in its progress function ends the fit', async () => {
    const onProgress = () => {
      throw new Error('no disk')
    }
    await expect(logisticRegression.fit({ ...dense, threads: 2, onProgress })).rejects.toThrowError('no disk')
  })
})
