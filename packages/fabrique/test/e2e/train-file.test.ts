import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFabrique } from '../support/running-fabrique.js'

const iris = fileURLToPath(new URL('../../../../examples/iris/data/iris.csv', import.meta.url))
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-train-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const train = (...args: string[]) => runFabrique(['train', ...args])

/** A file of a seeded relation: `y` follows `a` and `place`, some values are missing. */
function places(name: string, change: (line: string[], row: number) => string[] = (line) => line): string {
  const lines = Array.from({ length: 120 }, (_, row) => {
    const a = (row * 37) % 101
    const place = ['Paris', 'Lyon', 'Lille'][row % 3] ?? ''
    const y = 3 * a + (place === 'Lyon' ? 40 : 0) + ((row * 13) % 7)
    return change([String(row % 11 === 0 ? '' : a), place, String(y)], row).join(',')
  })
  const path = join(folder, name)
  writeFileSync(path, `a,place,y\n${lines.join('\n')}\n`)
  return path
}

/** A file of two classes that `a` tells apart, but for some rows. */
function visits(name: string): string {
  const lines = Array.from({ length: 200 }, (_, row) => {
    const a = (row * 37) % 101
    return `${a},${a + ((row * 53) % 61) - 30 > 60 ? 'stay' : 'go'}`
  })
  const path = join(folder, name)
  writeFileSync(path, `a,end\n${lines.join('\n')}\n`)
  return path
}

describe('fabrique train', () => {
  test('writes a model that answers as it was tested', async () => {
    const out = join(folder, 'iris.onnx')
    const finished = await train(iris, '--target', 'species', '--estimator', 'gaussian_nb', '--out', out, '--json')
    expect(finished.stderr).toBe('')
    expect(finished.status).toBe(0)
    const told = JSON.parse(finished.stdout)
    expect(told).toMatchObject({ model: out, task: 'classification', classes: ['setosa', 'versicolor', 'virginica'] })
    expect(told.metrics.accuracy).toBeGreaterThan(0.9)
    expect(told.seconds).toBeGreaterThan(0)
    const session = await InferenceSession.create(readFileSync(out))
    const row = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }
    const feeds = Object.entries(row).map(([name, value]) => [name, new Tensor('float32', [value], [1])])
    const { label } = await session.run(Object.fromEntries(feeds))
    expect(label?.data).toEqual(['setosa'])
  })

  test('text and missing values go through the file too', async () => {
    const out = join(folder, 'places.onnx')
    const args = ['--target', 'y', '--estimator', 'k_neighbors_regressor', '--param', 'n_neighbors=3']
    const finished = await train(places('places.csv'), ...args, '--out', out, '--json')
    const told = JSON.parse(finished.stdout)
    expect(told).toMatchObject({
      task: 'regression',
      inputs: [{ name: 'a' }, { name: 'place' }].map((one) => expect.objectContaining(one)),
    })
    expect(told.metrics.r2).toBeGreaterThan(0.5)
    const session = await InferenceSession.create(readFileSync(out))
    const { prediction } = await session.run({
      a: new Tensor('float32', [50, Number.NaN], [2]),
      place: new Tensor('string', ['Lyon', ''], [2]),
    })
    const [known = 0, missing = 0] = (prediction?.data ?? []) as Float32Array
    expect(Math.abs(known - 193)).toBeLessThan(60)
    expect(Number.isFinite(missing)).toBe(true)
  })

  test('a column of numbers with blanks is one of numbers, which is said', async () => {
    const out = join(folder, 'blanks.onnx')
    const file = places('blanks.csv', ([a = '', place = '', y = '']) => [a === '' ? ' ' : a, place, y])
    const args = ['--target', 'y', '--estimator', 'k_neighbors_regressor', '--param', 'n_neighbors=3', '--out', out]
    const told = JSON.parse((await train(file, ...args, '--json')).stdout)
    expect(told.inputs).toContainEqual({ name: 'a', type: 'number' })
    expect(told.read_as_numbers).toEqual([{ name: 'a', missing: 11 }])
    const session = await InferenceSession.create(readFileSync(out))
    const { prediction } = await session.run({
      a: new Tensor('float32', [50], [1]),
      place: new Tensor('string', ['Lyon'], [1]),
    })
    expect(Math.abs(Number(prediction?.data[0]) - 193)).toBeLessThan(60)
    const words = (await train(file, ...args, '--lang', 'fr')).stdout
    expect(words).toContain('Textes lus comme des nombres\n  a  11 vides sont des valeurs manquantes')
  })

  test.each([
    ['a name twice', 'a,a,y', 'its header has "a" more than once'],
    ['two names of other case', 'a,A,y', 'its header has "a" and "A", which differ in case only'],
  ])('a header with %s is refused', async (_, header, reason) => {
    const path = join(folder, 'twice.csv')
    writeFileSync(
      path,
      `${header}\n${Array.from({ length: 30 }, (__, row) => `${row * 3},${row % 7},${row / 2}`).join('\n')}\n`,
    )
    const { stderr, status } = await train(path, '--target', 'y', '--estimator', 'ridge')
    expect(stderr).toContain(reason)
    expect(stderr).toContain('[file_unreadable]')
    expect(status).not.toBe(0)
  })

  test('a header as "a,a_1" is none of these', async () => {
    const path = join(folder, 'numbered.csv')
    writeFileSync(
      path,
      `a,a_1,y\n${Array.from({ length: 30 }, (__, row) => `${row * row},${row % 7},${row / 2}`).join('\n')}\n`,
    )
    const { stderr, status } = await train(path, '--target', 'y', '--estimator', 'ridge', '--json')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  })

  test('a learning curve: more rows, better scores on rows not seen', async () => {
    const args = ['--target', 'y', '--task', 'regression', '--estimator', 'ridge', '--learning-curve']
    const file = places('curve.csv', ([, place = '', y = ''], row) => [String((row * 37) % 101), place, y])
    const { learning_curve: curve } = JSON.parse((await train(file, ...args, '--json')).stdout)
    expect(curve).toMatchObject({ metric: 'r2', folds: 5, sizes: [7, 19, 38, 57, 76] })
    expect(curve.test.mean[4]).toBeGreaterThan(0.9)
    const told = await train(file, ...args, '--lang', 'fr')
    expect(told.stderr).toBe('')
    expect(told.stdout).toContain('r2 sur des lignes non vues')
    expect(told.stdout).toMatch(/76\s+0,9\d* ± 0/)
  })

  test('a search and its space', async () => {
    const args = ['--target', 'species', '--estimator', 'k_neighbors_classifier', '--search', 'grid', '--trials', '4']
    const finished = await train(
      iris,
      ...args,
      '--space',
      'n_neighbors=1,5',
      '--space',
      'weights=uniform,distance',
      '--json',
    )
    const { search } = JSON.parse(finished.stdout)
    expect(search.trials.map((trial: { parameters: unknown }) => trial.parameters)).toEqual([
      { n_neighbors: 1, weights: 'uniform' },
      { n_neighbors: 1, weights: 'distance' },
      { n_neighbors: 5, weights: 'uniform' },
      { n_neighbors: 5, weights: 'distance' },
    ])
  })

  test('calibrated probabilities and a threshold, in the file too', async () => {
    const out = join(folder, 'decided.onnx')
    const file = visits('visits.csv')
    const args = ['--target', 'end', '--estimator', 'linear_svc', '--calibrate', 'sigmoid', '--threshold', 'cost:1:5']
    const told = JSON.parse((await train(file, ...args, '--out', out, '--json')).stdout)
    expect(told).toMatchObject({
      calibration: { method: 'sigmoid', folds: 5, classes: [{ name: 'stay' }] },
      threshold: { asked: { goal: 'cost', false_positive: 1, false_negative: 5 }, positive: 'stay' },
    })
    const { threshold } = told.metrics
    // Who stays and is not seen costs five times as much.
    expect(threshold).toBeLessThan(0.5)
    expect(told.metrics).toMatchObject({ calibration_error: expect.any(Number), log_loss: expect.any(Number) })
    const session = await InferenceSession.create(readFileSync(out))
    const asked = Float32Array.from({ length: 101 }, (_, value) => value)
    const outputs = await session.run({ a: new Tensor('float32', asked, [101, 1]) })
    const shares = outputs.probability_stay?.data as Float32Array
    expect(outputs.label?.data).toEqual(
      Array.from(shares, (share) => (share >= Math.fround(threshold) ? 'stay' : 'go')),
    )
    expect(outputs.label?.data).toContain('go')
    const people = await train(file, ...args, '--lang', 'fr')
    expect(people.stdout).toContain('calibré par une sigmoïde')
    expect(people.stdout).toMatch(/stay à partir d’une probabilité de 0,\d+ {2}le meilleur pour cost:1:5/)
  })

  test('for people, in French', async () => {
    const finished = await train(iris, '--target', 'species', '--estimator', 'gaussian_nb', '--lang', 'fr')
    expect(finished.stdout).toContain('120 lignes d’entraînement, 30 lignes de test')
    expect(finished.stdout).toMatch(/accuracy +[01](,\d+)?/)
    expect(finished.stdout).toContain('Aucun fichier n’a été écrit')
  })
})

describe('what cannot be trained', () => {
  const asked = ['--target', 'y', '--estimator', 'k_neighbors_regressor']

  test.each([
    { name: 'no target', args: ['--estimator', 'gaussian_nb'], status: 2, told: '--target' },
    {
      name: 'unknown estimator',
      args: ['--target', 'species', '--estimator', 'oracle'],
      status: 2,
      told: 'estimator_unknown',
    },
    {
      name: 'unknown parameter',
      args: ['--target', 'species', '--estimator', 'gaussian_nb', '--param', 'trees=3'],
      status: 2,
      told: 'estimator_param_invalid',
    },
    {
      name: 'a threshold of three classes',
      args: ['--target', 'species', '--estimator', 'gaussian_nb', '--threshold', 'f1'],
      status: 2,
      told: 'threshold_needs_two_classes',
    },
    {
      name: 'a calibration of numbers',
      args: ['--target', 'petal_length', '--estimator', 'ridge', '--calibrate', 'isotonic'],
      status: 2,
      told: 'calibration_needs_classifier',
    },
    {
      name: 'an unknown goal',
      args: ['--target', 'species', '--estimator', 'gaussian_nb', '--threshold', 'recall:2'],
      status: 2,
      told: '--threshold',
    },
    {
      name: 'an unknown calibration',
      args: ['--target', 'species', '--estimator', 'gaussian_nb', '--calibrate', 'platt'],
      status: 2,
      told: '--calibrate',
    },
    {
      name: 'unknown column',
      args: ['--target', 'colour', '--estimator', 'gaussian_nb'],
      status: 3,
      told: 'missing_feature',
    },
  ])('$name', async ({ args, status, told }) => {
    const finished = await train(iris, ...args)
    expect(finished.stderr).toContain(told)
    expect(finished.stdout).toBe('')
    expect(finished.status).toBe(status)
  })

  test.each([
    {
      name: 'an infinite value',
      told: 'non_finite_value',
      change: (line: string[], row: number) => (row === 5 ? ['inf', ...line.slice(1)] : line),
    },
  ])('$name', async ({ name, told, change }) => {
    const out = join(folder, 'never.onnx')
    const finished = await train(places(`${name}.csv`, change), ...asked, '--task', 'regression', '--out', out)
    expect(finished.stderr).toContain(told)
    expect(finished.status).toBe(3)
    expect(() => readFileSync(out)).toThrow()
  })

  test('a place that cannot be written to', async () => {
    const finished = await train(places('place.csv'), ...asked, '--out', join(folder, 'no', 'such', 'model.onnx'))
    expect(finished.stderr).toContain('file_not_written')
    expect(finished.status).toBe(3)
  })
})
