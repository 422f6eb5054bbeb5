import type { Run } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import {
  artifactRows,
  codeRows,
  datasetRows,
  deltaOf,
  metricRows,
  numberCell,
  paramRows,
  tagRows,
} from './compare-rows.js'
import { changeCompared, comparedMax, readCompared } from './compared-runs.js'

const run = (change: Partial<Run>): Run => ({
  id: 'a',
  name: 'a',
  experiment_id: '1',
  experiment: 'iris',
  status: 'FINISHED',
  started_at: '2026-11-21T06:00:00.000Z',
  user: 'ada',
  params: {},
  metrics: {},
  tags: {},
  datasets: [],
  model_versions: [],
  ...change,
})
const differing = (rows: readonly { readonly label: string; readonly differs: boolean }[]) =>
  rows.filter(({ differs }) => differs).map(({ label }) => label)

describe('compared fields', () => {
  it('differ where a value differs or is missing', () => {
    const rows = paramRows([run({ params: { a: '1', b: 'x', c: 'same' } }), run({ params: { a: '2', c: 'same' } })])
    expect(rows.map(({ label }) => label)).toEqual(['a', 'b', 'c'])
    expect(differing(rows)).toEqual(['a', 'b'])
    expect(rows[1]?.cells[1]).toBeUndefined()
  })

  it('do not differ because a run is gone', () => {
    const [row] = paramRows([run({ params: { a: '1' } }), undefined, run({ params: { a: '1' } })])
    expect(row).toMatchObject({ differs: false })
    const files = artifactRows([[{ path: 'a', is_folder: false, bytes: 1, sha256: 'x' }], undefined])
    expect(files[0]?.differs).toBe(false)
  })

  it('sort as people count', () => {
    expect(paramRows([run({ params: { layer10: '1', layer9: '1' } })]).map(({ id }) => id)).toEqual([
      'layer9',
      'layer10',
    ])
  })

  it('say by how much numbers differ, and nothing where they cannot', () => {
    expect(deltaOf(numberCell(0.9), numberCell(0.8))).toBeCloseTo(0.1)
    expect(deltaOf(numberCell(0.9), numberCell(0.9))).toBeUndefined()
    expect(deltaOf(numberCell('NaN'), numberCell(0.9))).toBeUndefined()
    expect(deltaOf(undefined, numberCell(0.9))).toBeUndefined()
    const [row] = metricRows([run({ metrics: { loss: { value: 'NaN', step: 0, timestamp_ms: 0 } } })])
    expect(row?.cells[0]?.text).toBe('NaN')
  })

  it('tell tags of the code from the people’s own', () => {
    const tags = { 'mlflow.source.name': 'train.py', 'mlflow.runName': 'x', 'mlflow.user': 'ada', team: 'blue' }
    expect(codeRows([run({ tags })]).map(({ id }) => id)).toEqual(['mlflow.source.name', 'mlflow.user'])
    expect(tagRows([run({ tags })]).map(({ id }) => id)).toEqual(['team'])
  })

  it('compare data sets and files by content', () => {
    const dataset = (digest: string) => ({ name: 'iris', digest, context: 'training' })
    expect(differing(datasetRows([run({ datasets: [dataset('1')] }), run({ datasets: [dataset('2')] })]))).toEqual([
      'iris (training)',
    ])
    const file = (path: string, sha256: string) => ({ path, is_folder: false, bytes: 3, sha256 })
    const folder = { path: 'model', is_folder: true }
    const rows = artifactRows([
      [folder, file('model/a', 'x'), file('model/b', 'x')],
      [folder, file('model/a', 'x'), file('model/b', 'y'), file('c', 'z')],
    ])
    expect(rows.map(({ id }) => id)).toEqual(['c', 'model/a', 'model/b'])
    expect(differing(rows)).toEqual(['c', 'model/b'])
  })
})

describe('compared runs', () => {
  it('put the baseline first', () => {
    expect(readCompared({ runs: 'a,b,c,b', baseline: 'c' })).toEqual({ ids: ['c', 'a', 'b'], baseline: 'c' })
    expect(readCompared({ runs: 'a,b', baseline: 'gone' })).toEqual({ ids: ['a', 'b'], baseline: 'a' })
    expect(readCompared({})).toEqual({ ids: [], baseline: undefined })
  })

  it('change by one run and keep the rest of the address', () => {
    const search = { runs: 'a,b', baseline: 'a', all: '1' } as const
    expect(changeCompared(search, { add: 'c' })).toEqual({ runs: 'a,b,c', baseline: 'a', all: '1' })
    expect(changeCompared(search, { remove: 'a' })).toEqual({ runs: 'b', baseline: 'b', all: '1' })
    expect(changeCompared(search, { baseline: 'b' })).toEqual({ runs: 'a,b', baseline: 'b', all: '1' })
    expect(changeCompared({ runs: 'a', baseline: 'a' }, { remove: 'a' })).toEqual({})
  })

  it('never compare more than can be read', () => {
    const runs = Array.from({ length: 30 }, (_, index) => `r${index}`).join(',')
    expect(readCompared({ runs }).ids).toHaveLength(comparedMax)
    expect(readCompared(changeCompared({ runs }, { add: 'new' })).ids).toHaveLength(comparedMax)
  })
})
