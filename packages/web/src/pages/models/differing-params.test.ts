import { describe, expect, it } from 'vitest'
import { differingParams } from './differing-params.js'

describe('differingParams', () => {
  it('lists changed, added and removed parameters by name', () => {
    expect(differingParams({ depth: '3', seed: '1', old: 'x' }, { seed: '1', depth: '5', more: '' })).toEqual({
      different: [
        { name: 'depth', from: '3', to: '5' },
        { name: 'more', from: undefined, to: '' },
        { name: 'old', from: 'x', to: undefined },
      ],
      total: 4,
    })
    expect(differingParams({ a: '1' }, { a: '1' })).toEqual({ different: [], total: 1 })
  })
})
