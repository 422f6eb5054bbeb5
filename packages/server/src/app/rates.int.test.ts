import { ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testClock } from '../../test/support/test-clock.js'
import { openTestDatabase, type TestDatabase } from '../../test/support/test-database.js'
import { silentLog } from '../platform/index.js'
import { openRates } from './rates.js'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database?.close())

const minute = 60_000
const settings = {
  online: undefined,
  rate_predict: '100/s',
  rate_api: undefined,
  rate_routes: ['POST /retrain=2/hour'],
}

function model(name: string, rate_limit?: string) {
  return {
    name,
    task: 'regression',
    dataset: 'd',
    label: 'y',
    features: ['x'],
    estimator: { kind: 'ridge' },
    ...(rate_limit === undefined ? {} : { predict: { rate_limit } }),
  }
}

const project = (name: string, models: readonly object[], rate_limit?: string) =>
  ProjectDefinition.parse({
    name,
    datasets: [{ name: 'd', source: { kind: 'csv', paths: ['d.csv'] } }],
    models,
    ...(rate_limit === undefined ? {} : { predict: { rate_limit } }),
  })

async function open(defaultModel = () => 'price') {
  return openRates({ config: settings, db: database.db, clock: testClock(), log: silentLog, defaultModel })
}

test('a model has its own rate, else that of its project, else none of its own', async () => {
  const { rules, setProjects } = await open()
  expect(rules.modelRate('price')).toBeUndefined()
  setProjects([project('p', [model('price'), model('plan', '1/s')], '10/minute'), project('q', [model('free')])])
  const ten = { model: 'price', rate: { requests: 10, windowMs: minute } }
  expect(rules.modelRate('price')).toEqual(ten)
  expect(rules.modelRate('price@champion')).toEqual(ten)
  expect(rules.modelRate('plan')).toEqual({ model: 'plan', rate: { requests: 1, windowMs: 1000 } })
  expect([rules.modelRate('free'), rules.modelRate('none')]).toEqual([undefined, undefined])
  // A request that names no model goes to the usual one.
  expect(rules.modelRate(undefined)).toEqual(ten)
  setProjects([])
  expect(rules.modelRate('price')).toBeUndefined()
})

test('that no model answers is told by the request, not by its limit', async () => {
  const { rules, setProjects } = await open(() => {
    throw new Error('There is no model')
  })
  setProjects([project('p', [model('price', '1/s')])])
  expect(rules.modelRate(undefined)).toBeUndefined()
})

test('settings say the others, and all servers count in the database', async () => {
  const [one, other] = [await open(), await open()]
  expect(one.rules).toMatchObject({ predict: { requests: 100, windowMs: 1000 }, api: undefined })
  expect([...one.rules.routes]).toEqual([['POST /retrain', { requests: 2, windowMs: 3_600_000 }]])
  const rate = { requests: 1, windowMs: 86_400_000 }
  expect((await one.store.take('a', rate)).isAllowed).toBe(true)
  expect((await other.store.take('a', rate)).isAllowed).toBe(false)
})
