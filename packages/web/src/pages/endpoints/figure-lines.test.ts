import type { AnswerFigures } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { figureLines, figuresByModel, figureTotals } from './figure-lines.js'

const at = (minute: number, change: Partial<AnswerFigures>): AnswerFigures => ({
  from: `2026-11-22T10:0${minute}:00.000Z`,
  model: 'iris',
  version: '1',
  answered: 60,
  refused: 0,
  failed: 0,
  p95_ms: 2,
  ...change,
})

test('figures are lines by version and variant; a span without requests has no duration', () => {
  const figures = [
    at(0, {}),
    at(1, { answered: 27, failed: 3 }),
    at(1, { version: '2', variant: 'roll_x/candidate/0', answered: 20 }),
    at(1, { version: '2', variant: 'roll_x/candidate/1', answered: 40 }),
  ]
  const { rate, durations, errors } = figureLines(figures, { stepSeconds: 60, percentile: 'p95' })
  expect(rate.map(({ label, ys }) => [label, ys])).toEqual([
    ['v1', [1, 0.5]],
    ['v2 candidate', [0, 1]],
  ])
  expect(durations.map(({ ys }) => ys)).toEqual([
    [2, 2],
    [null, 2],
  ])
  expect(errors[0]?.ys).toEqual([0, 10])
  expect(figureTotals(figures)).toEqual([
    { name: 'v1', answered: 87, refused: 0, failed: 3 },
    { name: 'v2 candidate', answered: 60, refused: 0, failed: 0 },
  ])
})

test('figures of an hour are summed by model; without requests there is no part of errors', () => {
  const figures = [at(0, { refused: 20 }), at(0, { version: '2', failed: 20 }), at(0, { model: 'wine', answered: 0 })]
  expect([...figuresByModel(figures, 160)]).toEqual([
    ['iris', { rate: 1, errors: 0.25 }],
    ['wine', { rate: 0, errors: undefined }],
  ])
})
