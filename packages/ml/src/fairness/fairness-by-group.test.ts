import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fairnessByGroup } from './fairness-by-group.js'

/** Made with Fairlearn by `test/conformance/ml_parity/inspection.py`. */
const expected = JSON.parse(readFileSync(new URL('../../test/parity/inspection.json', import.meta.url), 'utf8')) as {
  truth: number[]
  predicted: number[]
  groups: number[]
  by_group: { selection_rate: number[]; tpr: number[]; fpr: number[] }
  demographic_parity_difference: number
  demographic_parity_ratio: number
  equalized_odds_difference: number
  equalized_odds_ratio: number
}
const rows = {
  truth: Int32Array.from(expected.truth),
  predicted: Int32Array.from(expected.predicted),
  positive: 1,
  groupCodes: Int32Array.from(expected.groups),
  groups: ['a', 'b', 'c', 'absent'],
}
const close = (value: number) => expect.closeTo(value, 9)

test('rates by group and their spread are those of Fairlearn', () => {
  const table = fairnessByGroup(rows)
  expect(table.groups.map(({ group }) => group)).toEqual(['a', 'b', 'c'])
  expect(table.groups.map(({ selectionRate }) => selectionRate)).toEqual(expected.by_group.selection_rate.map(close))
  expect(table.groups.map(({ truePositiveRate }) => truePositiveRate)).toEqual(expected.by_group.tpr.map(close))
  expect(table.groups.map(({ falsePositiveRate }) => falsePositiveRate)).toEqual(expected.by_group.fpr.map(close))
  expect(table).toMatchObject({
    demographicParityDifference: close(expected.demographic_parity_difference),
    demographicParityRatio: close(expected.demographic_parity_ratio),
    equalizedOddsDifference: close(expected.equalized_odds_difference),
    equalizedOddsRatio: close(expected.equalized_odds_ratio),
  })
})

test('rows without a group do not count', () => {
  const table = fairnessByGroup({ ...rows, groupCodes: rows.groupCodes.map((code) => (code === 0 ? -1 : code)) })
  expect(table.groups.map(({ group }) => group)).toEqual(['b', 'c'])
})
