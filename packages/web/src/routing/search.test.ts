import { describe, expect, it } from 'vitest'
import { datasetSearch, readList, readSort, runsSearch, writeList, writeSort } from './search.js'

describe('search', () => {
  it('keeps what it knows and drops the rest', () => {
    expect(runsSearch({ sort: '-started', columns: '', other: 'x', filter: 3 })).toEqual({ sort: '-started' })
    expect(datasetSearch({ tab: 'rows', snapshot: 'snap_1' })).toEqual({ tab: 'rows', snapshot: 'snap_1' })
    expect(datasetSearch({ tab: 'nothing' })).toEqual({})
  })

  it('reads back the sort it wrote', () => {
    for (const sort of [undefined, { id: 'metrics.accuracy', desc: true }, { id: 'name', desc: false }])
      expect(readSort(writeSort(sort))).toEqual(sort)
  })

  it('reads back the list it wrote', () => {
    for (const ids of [[], ['status'], ['metrics.a,b', 'params.~1', 'x~,~']])
      expect(readList(writeList(ids))).toEqual(ids)
  })
})
