import { describe, expect, it } from 'vitest'
import { changedSearch } from './changed-search.js'

describe('changedSearch', () => {
  it('sets what is wanted, and leaves out what is empty', () => {
    expect(changedSearch({ sort: 'name' }, { sort: 'name' }, { sort: 'name', filter: 'x', group: '' })).toEqual({
      sort: 'name',
      filter: 'x',
    })
  })

  it('removes what the page leaves out', () => {
    const drawn = { tab: 'sql', sql: 'select 1' }
    expect(changedSearch(drawn, drawn, { tab: 'sql' })).toEqual({ tab: 'sql' })
    expect(changedSearch(drawn, drawn, { tab: 'sql', sql: undefined })).toEqual({ tab: 'sql' })
  })

  it('keeps a change that the page does not show yet', () => {
    expect(changedSearch({ log: '1' }, {}, { smooth: '0.5' })).toEqual({ log: '1', smooth: '0.5' })
    expect(changedSearch({}, { filter: 'x' }, { filter: 'x', sort: 'name' })).toEqual({ sort: 'name' })
  })

  it('lets the last change of one key win', () => {
    expect(changedSearch({ find: 'ab' }, { find: 'a' }, { find: 'abc' })).toEqual({ find: 'abc' })
  })
})
