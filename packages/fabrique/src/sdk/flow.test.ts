import { FabriqueError } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { at, cron, defineProject, every, type FlowOptions, flow, onEvent, onWebhook, z } from './index.js'

const declare = (options: FlowOptions, body: () => unknown = () => 1) => {
  const { definition } = defineProject({ name: 'p', datasets: [], flows: [flow('monthly', options, body)] })
  const [declared] = definition.flows ?? []
  return declared
}

describe('flow', () => {
  test('is declared as data, with what is left out by default', () => {
    expect(declare({ version: '7' })).toEqual({
      name: 'monthly',
      version: '7',
      params_schema: expect.objectContaining({ type: 'object', properties: {} }),
      schedules: [],
      triggers: [],
      limits: [],
      priority: 0,
      tags: [],
    })
  })

  test('keeps all that it says', () => {
    const params = z.object({ month: z.string().default('may'), size: z.number().int().optional() })
    const declared = declare({
      description: 'Retrains',
      params,
      schedule: [
        '0 6 1 * *',
        every('30s', { anchor: '2026-01-01T00:00:00Z', overlap: 'queue', params: { size: 3 } }),
        at(new Date('2026-12-01T06:00:00Z'), { catchUp: 'all', catchUpWindow: '2d' }),
        cron('0 0 8 * * *', {
          name: 'mornings',
          timezone: 'Europe/Paris',
          params: (due) => ({ month: due.toISOString() }),
        }),
      ],
      on: [onEvent('snapshot.created', { where: { dataset: 'usage' } }), onWebhook('push', { params: () => ({}) })],
      retries: { retries: 3, delay: '1s', backoff: 'exponential', maxDelay: '3s', jitter: 0.2 },
      timeout: '1h30m',
      concurrency: 2,
      limit: 'gpu',
      overlap: 'cancel_old',
      priority: 5,
      cache: '1d',
      tags: ['night'],
    })
    const schedule = { overlap: 'cancel_old', catch_up: 'none', catch_up_window_ms: 86_400_000, timezone: 'UTC' }
    const plain = { params: {}, params_by_code: false }
    expect(declared).toMatchObject({
      description: 'Retrains',
      params_schema: { properties: { month: { type: 'string', default: 'may' } } },
      schedules: [
        { name: 'cron', cron: '0 6 1 * *', ...schedule, ...plain },
        { name: 'every', every_ms: 30_000, anchor: '2026-01-01T00:00:00.000Z', overlap: 'queue', params: { size: 3 } },
        { name: 'at', at: '2026-12-01T06:00:00.000Z', catch_up: 'all', catch_up_window_ms: 172_800_000, ...plain },
        { name: 'mornings', cron: '0 0 8 * * *', timezone: 'Europe/Paris', params: {}, params_by_code: true },
      ],
      triggers: [
        { kind: 'event', name: 'snapshot-created', event: 'snapshot.created', where: { dataset: 'usage' }, ...plain },
        { kind: 'webhook', name: 'push', params: {}, params_by_code: true },
      ],
      retry: { retries: 3, delays_ms: [1000, 2000, 3000], jitter: 0.2 },
      timeout_ms: 5_400_000,
      concurrency: 2,
      limits: ['gpu'],
      priority: 5,
      cache_ms: 86_400_000,
      tags: ['night'],
    })
  })

  test('gets from the body of a webhook what is not given', () => {
    const params = z.object({ month: z.string(), size: z.number() })
    expect(declare({ params, on: onWebhook('push', { params: { size: 3 } }) })?.triggers).toMatchObject([
      { params: { size: 3 }, params_by_code: false },
    ])
  })

  test('has another version when its code has, and the same otherwise', () => {
    const version = (body: () => unknown, options: FlowOptions = {}) => declare(options, body)?.version
    const first = version(() => 1)
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    expect(version(() => 1)).toBe(first)
    expect(version(() => 2)).not.toBe(first)
    expect(version(() => 1, { on: onWebhook('a', { params: () => ({}) }) })).not.toBe(first)
    expect(version(() => 1, { tags: ['a'] })).toBe(first)
  })
})

describe('is refused', () => {
  const params = z.object({ month: z.string() })
  test.each<[string, FlowOptions, field: string, reason: RegExp]>([
    ['a cron expression that is none', { schedule: '61 * * * *' }, 'schedules.cron', /no cron expression/],
    ['one that is never due', { schedule: '0 0 30 2 *' }, 'schedules.cron', /never due/],
    ['a time zone', { schedule: cron('0 6 * * *', { timezone: 'Europe/Pari' }) }, 'schedules.cron.timezone', /Pari/],
    ['an interval', { schedule: every('soon') }, 'schedules.every', /no duration/],
    ['a moment', { schedule: at('tomorrow') }, 'schedules.at', /no moment/],
    ['two schedules of one name', { schedule: ['0 6 * * *', '0 7 * * *'] }, 'schedules.cron', /twice/],
    ['a schedule without parameters', { params, schedule: '0 6 * * *' }, 'schedules.cron.params.month', /refused/],
    ['one with wrong ones', { params, on: onWebhook('w', { params: { month: 5 } }) }, 'on.w.params.month', /refused/],
    ['an event that there is not', { on: onEvent('snapshot.made') }, 'on.snapshot-made', /no event snapshot.made/],
    ['a time', { timeout: '1 fortnight' }, 'timeout', /no duration/],
    ['a delay', { retries: { retries: 1, delay: ['1s', 'x'] } }, 'retries', /no duration/],
    ['retries', { retries: -1 }, 'retry.retries', /./],
    ['concurrency', { concurrency: 0 }, 'concurrency', /./],
    ['parameters without a JSON Schema', { params: z.object({ at: z.date() }) }, 'params', /no JSON Schema/],
  ])('%s', (_, options, field, reason) => {
    expect(() => declare(options)).toThrow(
      expect.objectContaining({
        code: 'project_invalid',
        field: `flows.monthly.${field}`,
        message: expect.stringMatching(reason),
      }),
    )
  })

  test.each(['Monthly', 'a b', 'loop', ''])('the name %j', (name) => {
    expect(() => defineProject({ name: 'p', datasets: [], flows: [flow(name, {}, () => 1)] })).toThrow(FabriqueError)
  })

  test('two flows of one name', () => {
    const twice = flow('a', {}, () => 1)
    expect(() => defineProject({ name: 'p', datasets: [], flows: [twice, twice] })).toThrow(/declared twice/)
  })
})
