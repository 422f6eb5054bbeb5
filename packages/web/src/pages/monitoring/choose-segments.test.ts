import type { ReportSegment } from '@fabrique/contract'
import { expect, it } from 'vitest'
import { chooseSegments } from './choose-segments.js'

const segment = (title: string, rows: number): ReportSegment => ({
  column: title.split(' ')[0] ?? '',
  segment: title,
  title,
  state: 'tested',
  rows,
  labelled: rows,
  reference_labelled: 100,
  now: 0.8,
  before: 0.9,
  falls: false,
  metrics: [],
  sentence: '',
})
const all = [segment('plan = pro', 50), segment('age 10 – 20', 70), segment('age 2 – 10', 90)]
const titles = (found: readonly ReportSegment[]) => found.map(({ title }) => title)

it('keeps the order of the worst, and orders by name and by rows', () => {
  expect(chooseSegments(all, { column: undefined, order: 'worst' })).toEqual(all)
  expect(titles(chooseSegments(all, { column: undefined, order: 'name' }))).toEqual([
    'age 2 – 10',
    'age 10 – 20',
    'plan = pro',
  ])
  expect(titles(chooseSegments(all, { column: 'age', order: 'rows' }))).toEqual(['age 2 – 10', 'age 10 – 20'])
})
