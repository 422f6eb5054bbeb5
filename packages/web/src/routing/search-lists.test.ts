import { describe, expect, it } from 'vitest'
import { readBrushes, readList, readSort, writeBrushes, writeList, writeSort } from './search-lists.js'

describe('lists of the search', () => {
  it('reads back the brushes it wrote, open ends too', () => {
    const brushes = [
      { axis: 'params.a,b', min: 0.5, max: undefined },
      { axis: 'metrics.x', min: -1, max: 1e-9 },
    ]
    expect(readBrushes(writeBrushes(brushes))).toEqual(brushes)
    expect(readBrushes('params.a,x,y,metrics.b')).toEqual([])
    expect(readBrushes(undefined)).toEqual([])
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
