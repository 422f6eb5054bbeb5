import { describe, expect, it } from 'vitest'
import { distance, nearest } from './nearest.js'

describe('nearest', () => {
  it('counts letters', () => {
    expect(distance('model', 'models')).toBe(1)
    expect(distance('', 'abc')).toBe(3)
    expect(distance('same', 'same')).toBe(0)
  })

  it('puts the best first', () => {
    const pages = ['/models', '/endpoints', '/settings'].map((address) => ({ address }))
    expect(nearest('/modles', pages, 2)[0]).toEqual({ address: '/models' })
    expect(nearest('/modles', pages, 2)).toHaveLength(2)
  })
})
