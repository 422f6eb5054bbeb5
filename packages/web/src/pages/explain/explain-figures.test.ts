import { describe, expect, it } from 'vitest'
import {
  answersOf,
  type Contributions,
  directionOf,
  type Fairness,
  notableRows,
  probabilityOf,
  quantile,
  rowOutput,
  selectionRange,
  shadesOf,
  spreadOf,
  waterfallOf,
} from './explain-figures.js'

const contributions: Contributions = {
  base: 10,
  output: 'value',
  columns: [
    { column: 'rooms', mean_absolute: 2, values: [1, 2, 3], contributions: [-2, 0, 2] },
    { column: 'town', mean_absolute: 3, values: ['Nice', null, 'Paris'], contributions: [-1, -3, 5] },
  ],
}

describe('waterfallOf', () => {
  it('goes from the mean answer to this one, the greatest contribution first', () => {
    const { steps, rest, low, high } = waterfallOf(rowOutput(contributions, 2), 10)
    expect(steps.map(({ column, from, to }) => [column, from, to])).toEqual([
      ['town', 10, 15],
      ['rooms', 15, 17],
    ])
    expect([rest, low, high]).toEqual([undefined, 10, 17])
  })

  it('puts the smaller ones together and ends at the answer all the same', () => {
    const output = {
      output: 'value',
      base: 0,
      value: 4,
      contributions: [1, -4, 2, 5].map((contribution, at) => ({ column: `c${at}`, value: at, contribution })),
    } as const
    const { steps, rest, low, high } = waterfallOf({ ...output, contributions: [...output.contributions] }, 2)
    expect(steps.map(({ contribution }) => contribution)).toEqual([5, -4])
    expect(rest).toEqual({ count: 2, contribution: 3, from: 1 })
    expect([low, high]).toEqual([0, 5])
  })
})

describe('rows', () => {
  it('have as answer the base and all contributions', () => {
    expect(answersOf(contributions)).toEqual([7, 7, 17])
    expect(rowOutput(contributions, 1)).toMatchObject({ value: 7, contributions: [{ value: 2 }, { value: null }] })
    expect(answersOf({ ...contributions, columns: [] })).toEqual([])
  })

  it('have 0 as answer where only the noise of adding up is left', () => {
    const columns = [0.1, 0.2].map((value, at) => ({
      column: `c${at}`,
      mean_absolute: value,
      values: [at],
      contributions: [value],
    }))
    expect(rowOutput({ base: -0.3, output: 'probability', columns }, 0).value).toBe(0)
    expect(rowOutput({ base: -0.3 + 1e-9, output: 'probability', columns }, 0).value).toBeCloseTo(1e-9, 15)
  })

  it('are found by their answer', () => {
    expect(notableRows([5, 1, 3])).toEqual({ lowest: 1, highest: 0, middle: 2 })
    expect(notableRows([])).toEqual({ lowest: 0, highest: 0, middle: 0 })
  })
})

describe('directionOf', () => {
  it('is that of the correlation, and none of texts', () => {
    expect(directionOf([1, 2, 3, null], [-1, 0, 1, 9])).toBe('raises')
    expect(directionOf([false, true, true], [1, -1, -1])).toBe('lowers')
    expect(directionOf([1, 2, 3, 4], [1, -1, -1, 1])).toBe('mixed')
    expect(directionOf([1, 1, 1], [1, 2, 3])).toBe('mixed')
    expect(directionOf(['a', 'b'], [1, 2])).toBe('none')
    expect(directionOf([null, null], [1, 2])).toBe('none')
  })
})

describe('shadesOf', () => {
  it('goes by rank, so that an outlier does not make all others alike', () => {
    expect(shadesOf([1, 2, 3, 4, 1e9])).toEqual([0, 1, 2, 3, 4])
    expect(shadesOf([false, true, null])).toEqual([0, 4, undefined])
    expect(shadesOf(['a', 'b'])).toEqual([undefined, undefined])
    expect(shadesOf([7, 7])).toEqual([0, 0])
  })
})

describe('spreadOf', () => {
  it('spreads what lies together around the middle', () => {
    expect(spreadOf([0, 0, 0, 10], 5)).toEqual([-0, 2 / 3, -2 / 3, -0])
    expect(spreadOf([1, 1], 5).map(Math.abs)).toEqual([0, 1])
    expect(spreadOf([], 5)).toEqual([])
  })
})

describe('selectionRange', () => {
  const table = (rates: readonly (number | null)[]): Fairness => ({
    column: 'sex',
    favoured: 'yes',
    groups: rates.map((selection_rate, at) => ({
      group: `g${at}`,
      rows: 10,
      selection_rate,
      base_rate: null,
      accuracy: null,
      precision: null,
      true_positive_rate: null,
      false_positive_rate: null,
    })),
    demographic_parity_difference: null,
    demographic_parity_ratio: null,
    equalized_odds_difference: null,
    equalized_odds_ratio: null,
  })

  it('compares the lowest share with the highest', () => {
    expect(selectionRange(table([0.5, null, 0.2, 0.4]))).toEqual({ low: 'g2', high: 'g0', ratio: 0.4 })
  })

  it('knows nothing of one group, or where nobody is selected', () => {
    expect(selectionRange(table([0.5, null]))).toBeUndefined()
    expect(selectionRange(table([0, 0]))).toBeUndefined()
  })
})

describe('numbers', () => {
  it('are as they are defined', () => {
    expect(probabilityOf(0)).toBe(0.5)
    expect(probabilityOf(Math.log(3))).toBeCloseTo(0.75, 12)
    expect(quantile([1, 2, 3, 10], 0.5)).toBe(2.5)
    expect(quantile([4], 0.5)).toBe(4)
  })
})
