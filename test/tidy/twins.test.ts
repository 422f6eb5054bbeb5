import { expect, test } from 'vitest'
import { metricDirection } from '../../packages/ml/src/experiment/metric-direction.js'
import { isLowerBetter, taskMetrics } from '../../packages/web/src/pages/train/metrics.js'

// Pages load no numerics, so what both know stands in each.
test('pages and numerics agree which metrics are better when they are smaller', () => {
  for (const metric of [...Object.values(taskMetrics).flat(), 'fit_seconds']) {
    expect([metric, isLowerBetter(metric)]).toEqual([metric, metricDirection(metric) === 'minimise'])
  }
})
