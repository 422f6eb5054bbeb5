import { DatasetDefinition } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { category, csv, dataset, date, defineProject, defineSource, integer, number, timestamp } from './index.js'

test('a data set has the definition that its options say', () => {
  const { definition } = dataset('usage', csv('usage.csv'), {
    description: 'Hours by month',
    columns: {
      user_id: integer({ min: 1 }),
      hours: number({ min: 0, max: 744, unit: 'h' }),
      day: date({ min: '2020-01-01', max: new Date('2030-12-31T00:00:00Z') }),
      at: timestamp({ nullable: true, min: new Date('2020-01-01T12:00:00Z') }),
      plan: category(['free', 'paid']),
    },
    key: ['user_id', 'day'],
    time: 'at',
    badRows: { quarantine: 0.01 },
    mirror: { table: 'usage' },
  })
  expect(definition).toEqual({
    name: 'usage',
    description: 'Hours by month',
    source: { kind: 'csv', paths: ['usage.csv'], dialect: { header: true } },
    columns: {
      user_id: { type: 'integer', nullable: false, min: 1 },
      hours: { type: 'number', nullable: false, unit: 'h', min: 0, max: 744 },
      day: { type: 'date', nullable: false, min: '2020-01-01', max: '2030-12-31' },
      at: { type: 'timestamp', nullable: true, min: '2020-01-01T12:00:00.000Z' },
      plan: { type: 'category', nullable: false, values: ['free', 'paid'] },
    },
    key: ['user_id', 'day'],
    time: 'at',
    bad_rows: { mode: 'quarantine', max_share: 0.01 },
    mirror: { schema: 'public', table: 'usage', keep: 12 },
    expectations: [],
  })
  expect(DatasetDefinition.parse(definition)).toEqual(definition)
})

test('without options everything is inferred, and bad rows block', () => {
  const { definition } = dataset('usage', csv('usage.csv'))
  expect(DatasetDefinition.parse({ name: 'usage', source: definition.source })).toEqual(definition)
  expect(dataset('usage', csv('usage.csv'), { key: 'id', badRows: 'warn' }).definition).toMatchObject({
    key: ['id'],
    bad_rows: { mode: 'warn' },
  })
})

test('a source in code is the source of a data set, and reaches the worker with the project', async () => {
  const crm = defineSource<{ table: string }>('crm', {
    list: ({ options }) => ({ parts: [{ name: options.table, rows: () => [{ id: 1 }] }] }),
  })
  const clock = defineSource('clock', { list: () => ({ parts: [] }) })
  const leads = dataset('leads', crm({ table: 'leads' }))
  expect(leads.definition.source).toEqual({ kind: 'custom', driver: 'crm', options: { table: 'leads' } })
  expect(clock()).toEqual({ kind: 'custom', driver: 'clock', options: {} })
  const project = defineProject({ name: 'shop', datasets: [leads], sources: [crm, clock] })
  expect([...project.sources.keys()]).toEqual(['crm', 'clock'])
  const given = {
    options: { table: 'leads' },
    project: 'shop',
    dataset: 'leads',
    folder: '/',
    state: undefined,
    signal: undefined,
  }
  const listing = await project.sources.get('crm')?.list({ ...given, secret: (name) => name })
  expect([...(listing?.parts ?? [])]).toMatchObject([{ name: 'leads' }])

  const wrong = (sources: readonly (typeof crm)[]) => () => defineProject({ name: 'shop', datasets: [leads], sources })
  expect(wrong([])).toThrow('the source crm is not among the sources of the project')
  expect(wrong([crm, crm])).toThrow('declared twice')
  const odd = defineSource<{ table: string }>('No Name', { list: () => ({ parts: [] }) })
  expect(wrong([crm, odd])).toThrow('no name for a source')
})
