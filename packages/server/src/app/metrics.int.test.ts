import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { openIdleContext } from '../../test/support/test-context.js'
import { addMetrics } from './metrics.js'

test('a predictor tells what it answered, and leaves what the database knows to servers', async () => {
  const { ctx, close } = await openIdleContext()
  onTestFinished(close)
  const namesOf = (role: 'server' | 'predictor') => {
    const registry = new Registry()
    const predictionLog = { totals: () => [], classes: () => [], leftOut: () => 0 }
    const models = { available: () => [], statistics: () => Promise.resolve([]) }
    addMetrics(registry, { ctx, role, predictionLog, models })
    return registry.getMetricsAsArray().map(({ name }) => name)
  }
  expect(namesOf('predictor')).toContain('fabrique_predictions_total')
  expect(namesOf('predictor')).not.toContain('fabrique_flow_runs')
  expect(namesOf('server')).toEqual(expect.arrayContaining([...namesOf('predictor'), 'fabrique_flow_runs']))
})
