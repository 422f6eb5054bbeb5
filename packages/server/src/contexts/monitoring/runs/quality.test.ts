import { expect, test } from 'vitest'
import { profiledSide } from '../drift/profiled-side.js'
import { judgeFigures } from './figures.js'
import type { OpenedSide } from './opened-side.js'
import { measureQuality } from './quality.js'

test('rows are those of the collection, and not of the sample whose figures are looked at', async () => {
  const column = { name: 'image.width', family: 'integer' as const, filled: 1900 }
  const side: OpenedSide = {
    told: { what: 'snapshot', rows: 2000, sampled_of: 50_000 },
    features: profiledSide({ rows: 2000, columns: [column] }),
  }
  const checks = [{ kind: 'quality', metric: 'rows', min: 10_000, severity: 'alarm' }] as const
  const figures = judgeFigures(await measureQuality({ reference: side, current: side }, [...checks]), [...checks])
  expect(figures[0]).toMatchObject({ metric: 'rows', value: 50_000, rows: 50_000, state: 'holds' })
  expect(figures.find(({ metric }) => metric === 'missing_share')).toMatchObject({
    value: expect.closeTo(0.05, 10),
    rows: 2000,
  })
})
