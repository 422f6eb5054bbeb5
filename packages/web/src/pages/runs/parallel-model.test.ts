import type { Run } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { wholeCatalogue } from '../../i18n/whole-catalogue.js'
import { changeBrush, defaultAxes, insideBrushes, moveAxis, parallelAxis, varyingColumns } from './parallel-model.js'
import { metricColumn, paramColumn } from './run-columns.js'

const en = await wholeCatalogue('en')

const run = (params: Record<string, string>, accuracy?: number): Run => ({
  id: JSON.stringify(params),
  name: '',
  experiment_id: '1',
  experiment: 'iris',
  status: 'FINISHED',
  started_at: '2026-11-21T06:00:00.000Z',
  user: 'ada',
  params,
  metrics: accuracy === undefined ? {} : { accuracy: { value: accuracy, step: 0, timestamp_ms: 0 } },
  tags: {},
  datasets: [],
  model_versions: [],
})
const texts = { missing: 'no value', others: (count: number) => `other (${count})` }
const runs = [
  run({ rate: '0.1', solver: 'sgd', seed: '1' }, 0.9),
  run({ rate: '1e-3', solver: 'adam', seed: '1' }, 0.8),
  run({ rate: '10', seed: '1' }),
]

describe('parallel coordinates', () => {
  it('stands on what varies', () => {
    const columns = varyingColumns(runs, en)
    expect(columns.map(({ id }) => id)).toEqual(['params.rate', 'params.solver', 'metrics.accuracy'])
    expect(defaultAxes(columns)).toEqual(['params.rate', 'params.solver', 'metrics.accuracy'])
  })

  it('knows numbers from categories, and which axes a log scale can show', () => {
    const rate = parallelAxis(runs, paramColumn('rate', true), true, texts)
    expect(rate).toMatchObject({ categories: undefined, isLog: true, min: 0.001, max: 10, values: [0.1, 0.001, 10] })
    const solver = parallelAxis(runs, paramColumn('solver', false), true, texts)
    expect(solver).toMatchObject({ categories: ['adam', 'no value', 'sgd'], isLog: false, values: [2, 0, 1] })
    const accuracy = parallelAxis(runs, metricColumn('accuracy', 'last', en), false, texts)
    expect(accuracy.values).toEqual([0.9, 0.8, undefined])
    const withZero = parallelAxis([run({ x: '0' }), run({ x: '1' })], paramColumn('x', true), true, texts)
    expect(withZero.isLog).toBe(false)
  })

  it('puts what is over twenty categories into one, by whole names', () => {
    const long = 'a-name-that-begins-alike-'
    const many = Array.from({ length: 50 }, (_, index) => run({ model: `${long}${index}` }))
    const { categories, values } = parallelAxis(
      [...many, run({ model: `${long}7` })],
      paramColumn('model', false),
      false,
      texts,
    )
    expect(categories).toHaveLength(20)
    expect(categories?.at(-1)).toBe('other (31)')
    expect(categories).toContain(`${long}7`)
    expect(values.filter((value) => value === 19)).toHaveLength(31)
  })

  it('keeps the runs that are inside every range; without a value is outside', () => {
    const axes = [
      parallelAxis(runs, paramColumn('rate', true), false, texts),
      parallelAxis(runs, metricColumn('accuracy', 'last', en), false, texts),
    ]
    const inside = (...brushes: { axis: string; min?: number; max?: number }[]) =>
      insideBrushes(
        axes,
        brushes.map(({ axis, min, max }) => ({ axis, min, max })),
        runs.length,
      )
    expect(inside()).toEqual([0, 1, 2])
    expect(inside({ axis: 'params.rate', min: 0.1 })).toEqual([0, 2])
    expect(inside({ axis: 'params.rate', min: 0.1 }, { axis: 'metrics.accuracy', max: 1 })).toEqual([0])
    expect(inside({ axis: 'params.gone', min: 5 })).toEqual([0, 1, 2])
  })

  it('changes ranges and the order of axes', () => {
    const brush = { axis: 'a', min: 1, max: undefined }
    expect(changeBrush([brush], { ...brush, min: undefined })).toEqual([])
    expect(changeBrush([brush], { axis: 'b', min: 0, max: 1 })).toHaveLength(2)
    expect(moveAxis(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b'])
    expect(moveAxis(['a', 'b'], 'a', -1)).toEqual(['a', 'b'])
    expect(moveAxis(['a', 'b'], 'x', 1)).toEqual(['a', 'b'])
  })
})
