import { describe, expect, it } from 'vitest'
import { axisMarks, domainOf } from './axis-marks.js'
import { shownClassesMax, viewConfusion } from './confusion-view.js'
import {
  readBins,
  readClassReport,
  readConfusionMatrix,
  readCurves,
  readImportances,
  readLeaderboard,
  readLearningCurve,
  readPairs,
  readSearch,
} from './read-reports.js'
import { hasReports } from './report-files.js'
import { middlePart, orderTrials } from './report-order.js'
import { reportTexts as en } from './report-texts-en.js'
import { reportTexts as fr } from './report-texts-fr.js'

const readers = {
  readConfusionMatrix,
  readClassReport,
  readCurves,
  readPairs,
  readBins,
  readImportances,
  readLearningCurve,
  readSearch,
  readLeaderboard,
}

describe('reports as anyone may log them', () => {
  it.each(Object.entries(readers))('%s gives nothing for another form', (_, read) => {
    for (const value of [undefined, null, 3, 'text', true, ['x'], { classes: 3, x: 'y', counts: [[null]] }])
      expect(read(value)).toBeUndefined()
  })

  it('are refused when their parts do not fit together', () => {
    expect(readConfusionMatrix({ classes: ['a', 'b'], counts: [[1, 2]] })).toBeUndefined()
    expect(readConfusionMatrix({ classes: ['a', 'b'], counts: [[1, 2], [3]] })).toBeUndefined()
    expect(readCurves([{ name: 'a', x: [0, 1], y: [0] }])).toBeUndefined()
    expect(readPairs({ truth: [1], predicted: [1, 2] })).toBeUndefined()
    expect(readBins({ edges: [0, 1], counts: [1, 2] })).toBeUndefined()
    const band = { mean: [0.5], std: [0.1] }
    expect(readLearningCurve({ metric: 'r2', folds: 5, sizes: [10, 20], train: band, test: band })).toBeUndefined()
    expect(readPairs({ truth: [1, 'NaN'], predicted: [1, 2] })).toBeUndefined()
  })

  it('are read', () => {
    expect(
      readConfusionMatrix({
        classes: ['a', 'b'],
        counts: [
          [1, 2],
          [3, 4],
        ],
        rows_are: 'true class',
      }),
    ).toEqual({
      classes: ['a', 'b'],
      counts: [
        [1, 2],
        [3, 4],
      ],
    })
    expect(
      readCurves(
        [
          { name: 'a', x: [0, 1], y: [0, 1], auc: 0.5 },
          { name: 'b', x: [], y: [], auc: 1 },
        ],
        'auc',
      ),
    ).toEqual([{ name: 'a', xs: [0, 1], ys: [0, 1], score: 0.5 }])
    expect(readImportances({ small: 0.1, negative: -0.5, large: 0.3 })?.map(({ name }) => name)).toEqual([
      'negative',
      'large',
      'small',
    ])
    expect(
      readSearch({ metric: 'r2', best: { number: 0 }, trials: [{ number: 0, state: 'failed', error: 'no' }] }),
    ).toEqual({
      metric: 'r2',
      best: 0,
      trials: [{ number: 0, state: 'failed', value: null, resource: 1, parameters: {}, error: 'no' }],
    })
    const row = { estimator: { kind: 'ridge' }, state: 'finished', metrics: { r2: 0.4, bad: 'NaN' }, seconds: 1.5 }
    expect(readLeaderboard({ metric: 'r2', leaderboard: [row] })).toEqual({
      metric: 'r2',
      rows: [{ kind: 'ridge', state: 'finished', params: {}, metrics: { r2: 0.4 }, seconds: 1.5 }],
    })
  })

  it('are found among the files of a run', () => {
    const file = (path: string) => ({ path, is_folder: false })
    expect(hasReports([file('reports/roc_curve.json'), file('model/MLmodel')])).toBe(true)
    expect(hasReports([file('reports/pipeline.json'), file('other/roc_curve.json')])).toBe(false)
    expect(hasReports([{ path: 'reports/roc_curve.json', is_folder: true }])).toBe(false)
  })
})

describe('axes', () => {
  it.each([
    [[0, 1], 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[-0.4, 12.3], 4, [0, 5, 10]],
    [[1e-7, 4e-7], 3, [1e-7, 2e-7, 3e-7, 4e-7]],
    [[2, 2], 5, [2]],
  ] as const)('have round marks within %j', (domain, wanted, marks) => {
    expect(axisMarks(domain, wanted)).toEqual(marks)
  })

  it('leave room, also around one value', () => {
    expect(domainOf([0, 100], 0.1)).toEqual([-10, 110])
    expect(domainOf([4, 4, Number.NaN])).toEqual([3.6, 4.4])
    expect(domainOf([0])).toEqual([-0.5, 0.5])
    expect(domainOf([])).toEqual([0, 1])
  })
})

describe('a confusion matrix', () => {
  it('tells how many are right and what is confused most', () => {
    const view = viewConfusion(
      {
        classes: ['a', 'b'],
        counts: [
          [8, 2],
          [0, 0],
        ],
      },
      5,
    )
    expect([view.right, view.total, view.support]).toEqual([8, 10, [10, 0]])
    expect(view.confused).toEqual([{ truth: 'a', predicted: 'b', count: 2, share: 0.2 }])
  })

  it('shows the most frequent of many classes, in their order', () => {
    const classes = Array.from({ length: shownClassesMax + 5 }, (_, code) => `c${code}`)
    const counts = classes.map((_, truth) => classes.map((__, predicted) => (truth === predicted ? truth : 0)))
    expect(viewConfusion({ classes, counts }, 5).shown).toEqual(
      Array.from({ length: shownClassesMax }, (_, index) => index + 5),
    )
  })
})

describe('residuals', () => {
  it('are mostly within the bins of the middle', () => {
    expect(middlePart({ edges: [0, 1, 2, 3, 4], counts: [1, 40, 50, 1] })).toEqual([1, 3])
    expect(middlePart({ edges: [0, 1], counts: [3] })).toEqual([0, 1])
  })
})

describe('trials', () => {
  const trial = (number: number, value: number | null, more: object = {}) => ({
    number,
    value,
    state: value === null ? 'failed' : 'finished',
    resource: 1,
    parameters: {},
    ...more,
  })
  const numbers = (trials: ReturnType<typeof orderTrials>) => trials.map(({ number }) => number)

  it('stand with the best first, whichever direction is better', () => {
    const trials = [trial(0, 0.5), trial(1, null), trial(2, 0.9), trial(3, 0.7)]
    expect(numbers(orderTrials({ metric: 'r2', best: 2, trials }))).toEqual([2, 3, 0, 1])
    expect(numbers(orderTrials({ metric: 'rmse', best: 0, trials }))).toEqual([0, 3, 2, 1])
  })

  it('that saw fewer rows stand below those that saw all', () => {
    const trials = [trial(0, 0.99, { resource: 0.2 }), trial(1, 0.5), trial(2, 0.8, { state: 'pruned' })]
    expect(numbers(orderTrials({ metric: 'r2', best: 1, trials }))).toEqual([1, 0, 2])
  })
})

type Texts = string | ((...values: never[]) => string) | { readonly [key: string]: Texts }

/** Stands for any value that a text names. */
const anything = new Proxy(() => '1', {
  get: (_, key) => (key === Symbol.toPrimitive || key === 'toString' ? () => '1' : anything),
}) as never

function allTexts(node: Texts, path = ''): readonly (readonly [string, string])[] {
  if (typeof node === 'string') return [[path, node]]
  if (typeof node === 'function') return [[path, node(anything, anything)]]
  return Object.entries(node).flatMap(([key, value]) => allTexts(value, `${path}.${key}`))
}

describe('texts', () => {
  it('have the same keys in both languages, and French typography', () => {
    const [english, french] = [allTexts(en), allTexts(fr)]
    expect(french.map(([path]) => path)).toEqual(english.map(([path]) => path))
    for (const [path, text] of [...english, ...french]) expect(text.trim(), path).not.toBe('')
    for (const [path, text] of french) {
      expect(text, path).not.toMatch(/[^\u202f][:;!?]/u)
      expect(text, path).not.toMatch(/'|\.\.\./)
    }
  })
})
