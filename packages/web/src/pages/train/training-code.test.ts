import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { TrainingRequestInput } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { en } from './texts/en.js'
import { cliOf, curlOf, shellWord } from './training-code.js'
import { functionOf, optionOf, quoted, typescriptOf } from './training-typescript.js'

const place = { project: 'lab', origin: 'http://127.0.0.1:8000' }
const modelPlace = { dataset: 'houses', isDeclared: true, features: ['age', 'town'] }
const request: TrainingRequestInput = {
  snapshot: 'houses@latest',
  target: "the seller's price",
  task: 'regression',
  estimator: { kind: 'ridge', params: { alpha: 0.5 } },
  split: { kind: 'random', test_share: 0.2 },
  seed: 1,
}
const odd = ["it's", 'a "b" $HOME `id` \\ !', 'line\nbreak', 'é\u202f€', '', '-x', '*']

/** The words that a shell makes of a command line, each with its bytes. */
const wordsOf = (line: string): readonly string[] =>
  execFileSync('/bin/sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)

describe('shell', () => {
  it('reads each word back as it was', () => {
    expect(wordsOf(odd.map(shellWord).join(' '))).toEqual(odd)
    expect(shellWord('alpha=0.5')).toBe('alpha=0.5')
  })
})

describe('curl', () => {
  it('sends what the form sends', () => {
    const code = curlOf({ ...request, features: odd.slice(0, 4) }, place)
    const [address = '', header, contentType, flag, body = ''] = wordsOf(code.replace(/^curl /, ''))
    expect([address, header, contentType, flag]).toEqual([
      'http://127.0.0.1:8000/api/v1/projects/lab/trainings',
      '-H',
      'content-type: application/json',
      '-d',
    ])
    expect(JSON.parse(body)).toEqual({ ...request, features: odd.slice(0, 4) })
  })
})

describe('cli', () => {
  it('trains on the snapshot, on the server of the page', () => {
    expect(cliOf(request, place, en.code)).toBe(
      [
        'fabrique train --snapshot lab/houses@latest \\',
        "  --target 'the seller'\\''s price' \\",
        '  --task regression \\',
        '  --estimator ridge \\',
        '  --param alpha=0.5 \\',
        '  --test 0.2 \\',
        '  --seed 1 \\',
        '  --url http://127.0.0.1:8000',
      ].join('\n'),
    )
  })

  it('says parameters of every kind as the command reads them', () => {
    const params = { layers: [100, 50], weights: { 'it’s': 2 }, depth: null, warm: false, how: 'sqrt' }
    const code = cliOf({ ...request, estimator: { kind: 'x', params } }, place, en.code)
    for (const line of [
      "--param 'layers=[100,50]'",
      `--param 'weights={"it’s":2}'`,
      '--param depth=none',
      '--param warm=false',
      '--param how=sqrt',
    ])
      expect(code).toContain(line)
  })

  it('says searches, competitions and splits', () => {
    const { estimator: _, ...without } = request
    const auto = cliOf(
      {
        ...without,
        auto: { budget_seconds: 30, metric: 'mae' },
        split: { kind: 'group', column: 'town', test_share: 0.1 },
      },
      place,
      en.code,
    )
    expect(auto).toContain(
      '  --auto \\\n  --budget 30 \\\n  --metric mae \\\n  --test 0.1 \\\n  --test-by-group town \\',
    )
    const search = cliOf(
      { ...request, search: { method: 'tpe', trials: 5, prune: true }, folds: 3, weight: 'w', learning_curve: true },
      place,
      en.code,
    )
    for (const part of ['--search tpe', '--trials 5', '--prune', '--folds 3', '--weight w', '--learning-curve'])
      expect(search).toContain(`  ${part}`)
  })

  it('says calibration and threshold in one word each', () => {
    const said = (threshold: NonNullable<TrainingRequestInput['threshold']>) =>
      cliOf({ ...request, calibration: 'sigmoid', threshold }, place, en.code)
    expect(said({ goal: 'f1' })).toContain('  --calibrate sigmoid \\\n  --threshold f1 \\')
    expect(said({ goal: 'f_beta', beta: 2 })).toContain('--threshold f_beta:2 ')
    expect(said({ goal: 'cost', false_positive: 1, false_negative: 5 })).toContain('--threshold cost:1:5 ')
    expect(said({ goal: 'precision_at_recall', recall: 0.9 })).toContain('--threshold precision_at_recall:0.9 ')
    expect(said({ goal: 'fixed', value: 0.35 })).toContain('--threshold 0.35 ')
  })

  it('tells what a command line cannot say', () => {
    const code = cliOf(
      {
        ...request,
        snapshot: 'snap_1',
        features: ['a,b', 'c'],
        register: 'house',
        promote: 'always',
        run_name: 'one',
        split: { kind: 'random', test_share: 0.2, stratify: false },
      },
      place,
      en.code,
    )
    expect(code.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(2)
    expect(code).not.toContain('--features')
    expect(code).toContain('fabrique train --snapshot snap_1 ')
    expect(code).toContain('  --run-name one \\\n  --register house \\\n  --promote always \\\n')
  })
})

describe('typescript', () => {
  it('declares the model', () => {
    expect(typescriptOf({ ...request, register: 'house', promote: 'if_better' }, modelPlace, en.code)).toBe(
      [
        `// ${en.code.inProject('houses')}`,
        "import { model, ridge } from 'fabrique'",
        '',
        "const column = (name: string) => ({ dataset: 'houses', name })",
        '',
        "export const houseModel = model('house', {",
        "  task: 'regression',",
        "  label: column('the seller\\'s price'),",
        "  features: ['age', 'town'].map(column),",
        '  estimator: ridge({ alpha: 0.5 }),',
        '  test: 0.2,',
        '  seed: 1,',
        '})',
      ].join('\n'),
    )
  })

  it('says calibration and threshold as the SDK names them', () => {
    const said = (threshold: NonNullable<TrainingRequestInput['threshold']>) =>
      typescriptOf({ ...request, calibration: 'isotonic', threshold }, modelPlace, en.code)
    expect(said({ goal: 'balanced_accuracy' })).toContain(
      "  calibration: 'isotonic',\n  threshold: { goal: 'balancedAccuracy' },\n",
    )
    expect(said({ goal: 'f_beta', beta: 2 })).toContain("threshold: { goal: 'fBeta', beta: 2 },")
    expect(said({ goal: 'cost', false_positive: 1, false_negative: 5 })).toContain(
      "threshold: { goal: 'cost', falsePositive: 1, falseNegative: 5 },",
    )
    expect(said({ goal: 'precision_at_recall', recall: 0.9 })).toContain(
      "threshold: { goal: 'precisionAtRecall', recall: 0.9 },",
    )
    expect(said({ goal: 'fixed', value: 0.35 })).toContain('threshold: 0.35,')
  })

  it('says what a project does otherwise', () => {
    const code = typescriptOf(
      { ...request, snapshot: 'snap_1', register: 'My House', run_name: 'one', promote: 'always' },
      { ...modelPlace, isDeclared: false },
      en.code,
    )
    expect(code.split('\n').filter((line) => line.startsWith('//'))).toHaveLength(4)
    expect(code).toContain("export const myHouseModel = model('my-house', {")
    expect(code).toContain('promoteWhen: () => true')
    expect(typescriptOf(request, modelPlace, en.code)).toContain('promoteWhen: () => false')
  })

  it('has literals that TypeScript reads back', () => {
    for (const text of odd) expect(new Function(`return ${quoted(text)}`)()).toBe(text)
  })

  it('names the function of every estimator as the SDK does', () => {
    const sdk = readFileSync(new URL('../../../../fabrique/src/sdk/estimators.ts', import.meta.url), 'utf8')
    const functions = sdk.matchAll(/^export function (\w+)\([^\n]*\{\n {2}return declareEstimator\((\{[^}]*\})/gm)
    const named = [...functions].flatMap(([, name = '', kinds = '']) =>
      [...kinds.matchAll(/'(\w+)'/g)].map(([, kind = '']) => [kind, name]),
    )
    expect(named.length).toBeGreaterThan(20)
    expect(named.map(([kind = '']) => [kind, functionOf(kind)])).toEqual(named)
  })

  it('names functions and options as the SDK does', () => {
    expect(
      ['hist_gradient_boosting_regressor', 'mlp_classifier', 'dummy_regressor', 'linear_svc'].map(functionOf),
    ).toEqual(['gradientBoosting', 'mlp', 'dummyRegressor', 'linearSvc'])
    expect(['n_estimators', 'C', 'l1_ratio', 'beta_1', 'random_state'].map(optionOf)).toEqual([
      'nEstimators',
      'C',
      'l1Ratio',
      'beta1',
      'seed',
    ])
  })
})
