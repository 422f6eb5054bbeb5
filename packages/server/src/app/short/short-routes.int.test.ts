import { FabriqueError } from '@fabrique/contract'
import { expect, onTestFinished, test } from 'vitest'
import { countingIds, testClock } from '../../../test/support/test-clock.js'
import { limitRates, makeHttpMetrics, makeHttpServer, memoryRateStore, silentLog } from '../../platform/index.js'
import { mountShortRoutes } from './short-routes.js'

test('GET /predict counts for the model that its query names', async () => {
  const clock = testClock()
  const app = await makeHttpServer({
    clock,
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts: [],
  })
  onTestFinished(() => app.close())
  limitRates(app, {
    store: memoryRateStore(clock),
    rules: {
      predict: undefined,
      api: undefined,
      routes: new Map(),
      modelRate: (model = 'usual') => ({ model, rate: { requests: 1, windowMs: 60_000 } }),
    },
    callerOf: () => undefined,
    olderHeaders: false,
  })
  const contextOf = () => {
    throw new FabriqueError('login_required', {})
  }
  const models = {} as never
  mountShortRoutes(app, { contextOf, models })
  const policyOf = async (query: string) => (await app.inject({ url: `/predict${query}` })).headers['ratelimit-policy']
  expect(await policyOf('?model=price')).toBe('"predict:price";q=1;w=60')
  expect(await policyOf('')).toBe('"predict:usual";q=1;w=60')
  expect((await app.inject({ url: '/predict?model=price' })).statusCode).toBe(429)
})
