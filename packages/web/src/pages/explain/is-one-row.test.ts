import { describe, expect, it } from 'vitest'
import { isOneRow } from './is-one-row.js'

describe('isOneRow', () => {
  it('is what holds one row in any of the forms of a request', () => {
    for (const body of [
      { age: 3, town: 'Nice' },
      { features: { age: 3 } },
      { features: [{ age: 3 }] },
      { features: [[3, 'Nice']] },
      { features: [3, 'Nice'] },
    ])
      expect(isOneRow(body as never), JSON.stringify(body)).toBe(true)
  })

  it('is not what holds several rows', () => {
    for (const body of [
      { features: [{ age: 3 }, { age: 4 }] },
      {
        features: [
          [3, 'Nice'],
          [4, 'Paris'],
        ],
      },
    ])
      expect(isOneRow(body), JSON.stringify(body)).toBe(false)
  })
})
