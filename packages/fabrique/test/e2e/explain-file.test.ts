import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFabrique } from '../support/running-fabrique.js'

let folder = ''
let rows = ''
let model = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-explain-'))
  rows = join(folder, 'rows.csv')
  model = join(folder, 'model.onnx')
  // The end follows `a`, and `place` a little.
  const lines = Array.from({ length: 200 }, (_, row) => {
    const [a, place] = [(row * 37) % 101, ['Paris', 'Lyon'][row % 2] ?? '']
    return `${row % 13 === 0 ? '' : a},${place},${a + (row % 2) * 20 > 60 ? 'stay' : 'go'}`
  })
  writeFileSync(rows, `a,place,end\n${lines.join('\n')}\n`)
  const forest = ['--estimator', 'random_forest_classifier', '--param', 'n_estimators=10']
  const trained = await runFabrique(['train', rows, '--target', 'end', ...forest, '--out', model])
  expect(trained).toMatchObject({ status: 0 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const explain = (...args: string[]) => runFabrique(['explain', ...args])

test('fabrique explain tells what a model file goes by on a plain file', async () => {
  const asked = ['--model', model, '--in', rows, '--fairness', 'place', '--contributions', '20']
  const { status, stdout, stderr } = await explain(...asked, '--json')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const found = JSON.parse(stdout)
  expect(found).toMatchObject({ target: 'end', task: 'classification', rows: 200, metric: 'accuracy', method: 'tree' })
  expect(found.importance[0].column).toBe('a')
  const [output] = found.contributions
  expect(output).toMatchObject({ class: 'stay', output: 'probability' })
  expect(output.columns.map(({ column }: { column: string }) => column)).toEqual(['a', 'place'])
  expect(found.fairness[0].groups.map(({ group }: { group: string }) => group)).toEqual(['Lyon', 'Paris'])
  const shown = await explain(...asked)
  expect(shown.stdout).toMatch(/^a +\S+ ± \S+ +█{24}$/m)
  expect(shown.stdout).toContain('Groups of place; the favoured class is stay')
  expect((await explain(...asked, '--lang', 'fr')).stdout).toContain('valeurs de Shapley exactes des arbres')
})

test('what cannot be explained is refused with a reason', async () => {
  const other = join(folder, 'other.csv')
  writeFileSync(other, 'b\n1\n2\n')
  const refusals = [
    { args: ['--model', rows, '--in', rows], told: 'explanation_refused' },
    { args: ['--model', model, '--in', other], told: 'explanation_refused' },
    { args: ['--model', model, '--in', rows, '--metric', 'x'], told: 'invalid_request' },
  ]
  for (const { args, told } of refusals) {
    const { status, stderr } = await explain(...args)
    expect({ args, status }).toEqual({ args, status: 2 })
    expect(stderr).toContain(told)
  }
})
