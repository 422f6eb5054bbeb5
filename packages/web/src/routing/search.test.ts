import { describe, expect, it } from 'vitest'
import {
  compareSearch,
  datasetSearch,
  diffSearch,
  featuresSearch,
  featureViewSearch,
  ingestSearch,
  jobsSearch,
  lineageSearch,
  lookUpSearch,
  monitoringSearch,
  monitorSearch,
  runsSearch,
  snapshotSearch,
  validationSearch,
} from './search.js'
import { readList, writeList } from './search-lists.js'

describe('search', () => {
  it('keeps what it knows and drops the rest', () => {
    expect(runsSearch({ sort: '-started', columns: '', other: 'x', filter: 3 })).toEqual({ sort: '-started' })
    expect(datasetSearch({ tab: 'quality', base: 'snap_1', snapshot: 'x' })).toEqual({ tab: 'quality', base: 'snap_1' })
    expect(snapshotSearch({ tab: 'sql', sql: 'select 1', column: '' })).toEqual({ tab: 'sql', sql: 'select 1' })
    expect(ingestSearch({ reason: 'type', offset: 'x', file: 'a.csv' })).toEqual({ reason: 'type', file: 'a.csv' })
    expect(diffSearch({ base: 'snap_1', tab: 'schema' })).toEqual({ base: 'snap_1' })
    expect(validationSearch({ show: 'all', check: '3', offset: '-' })).toEqual({ show: 'all', check: '3' })
    expect(lineageSearch({ direction: 'up', view: 'graph' })).toEqual({ direction: 'up' })
    expect(jobsSearch({ state: 'lost' })).toEqual({})
    expect(featuresSearch({ tab: 'entities', filter: 'usage', of: 'x' })).toEqual({ tab: 'entities', filter: 'usage' })
    expect(featureViewSearch({ tab: 'rows', version: '2' })).toEqual({ version: '2' })
    expect(lookUpSearch({ of: 'view:usage', keys: '{}', at: '' })).toEqual({ of: 'view:usage', keys: '{}' })
    expect(monitoringSearch({ tab: 'alerts', state: 'never', sort: 'rows' })).toEqual({ state: 'never' })
    expect(monitorSearch({ tab: 'reports', before: 'drift_1', offset: 'x' })).toEqual({
      tab: 'reports',
      before: 'drift_1',
    })
    expect(datasetSearch({ tab: 'nothing' })).toEqual({})
  })

  it('lays undefined over a value that is not known, which the raw address still has', () => {
    const raw = { tab: 'nothing', base: 'snap_1' }
    expect({ ...raw, ...datasetSearch(raw) }).toStrictEqual({ tab: undefined, base: 'snap_1' })
  })

  it('drops numbers that are none and views that do not exist', () => {
    expect(runsSearch({ view: 'charts', smooth: '0.5', from: 'x', to: '', log: 'yes', x: 'time' })).toEqual({
      view: 'charts',
      smooth: '0.5',
      x: 'time',
    })
    expect(runsSearch({ view: 'table' })).toEqual({})
    expect(compareSearch({ runs: 'a,b', baseline: 'a', all: '0' })).toEqual({ runs: 'a,b', baseline: 'a' })
  })

  it('reads back any view of the runs it wrote', () => {
    const signs = ['a', ',', '~', '=', "'", '&', '#', '%', ' ', 'é', '/', '0', '1', '`', '+']
    let seed = 7
    const next = (count: number) => {
      seed = (seed * 16_807) % 2_147_483_647
      return seed % count
    }
    for (let round = 0; round < 300; round += 1) {
      const ids = Array.from({ length: next(5) + 1 }, () =>
        Array.from({ length: next(8) + 1 }, () => signs[next(signs.length)]).join(''),
      )
      const query = new URLSearchParams({ columns: writeList(ids), filter: ids[0] ?? '', group: writeList(ids) })
      const read = runsSearch(Object.fromEntries(new URLSearchParams(query.toString())))
      expect(readList(read.columns ?? '')).toEqual(ids)
      expect(read.filter).toBe(ids[0])
    }
  })
})
