import { describe, expectTypeOf, test } from 'vitest'
import { cron, csv, dataset, type Flow, flow, type JsonOf, onEvent, text, z } from './index.js'

// Each line below `@ts-expect-error` must be refused by the type checker: `npm run types` fails where it is not.

const usage = dataset('usage', csv('usage.csv'), { columns: { user: text() } })

describe('a flow', () => {
  test('gives its function what its schema makes of the parameters', () => {
    flow('a', { params: z.object({ month: z.string().default('may'), n: z.coerce.number() }) }, (_, params) => {
      expectTypeOf(params).toEqualTypeOf<{ month: string; n: number }>()
    })
    flow('b', {}, (_, params) => {
      expectTypeOf(params).toEqualTypeOf<Record<string, never>>()
    })
    // @ts-expect-error its parameters are an object
    flow('c', { params: z.string() }, () => 1)
    // @ts-expect-error there is no such option
    flow('d', { retires: 1 }, () => 1)
  })

  test('is run by another with its parameters, and gives its result as JSON', () => {
    const child = flow('child', { params: z.object({ n: z.number() }) }, () => ({ at: new Date(0), list: [1n] }))
    const plain = flow('plain', {}, () => 'done')
    flow('parent', {}, async (step) => {
      expectTypeOf(await step.flow(child, { n: 1 })).toEqualTypeOf<{ at: string; list: never[] }>()
      expectTypeOf(await step.flow(plain)).toEqualTypeOf<string>()
      await step.flow('by-name', { anything: 1 })
      // @ts-expect-error it needs a number
      await step.flow(child, { n: 'one' })
      // @ts-expect-error it needs parameters
      await step.flow(child)
    })
    expectTypeOf(plain).toExtend<Flow>()
  })

  test('is started by schedules and triggers with functions', () => {
    cron('0 6 * * *', { params: (due) => ({ day: due.getDate() }) })
    onEvent('snapshot.created', { params: ({ snapshot_id }) => ({ snapshot_id }), where: { dataset: 'usage' } })
    // @ts-expect-error there is no such policy
    cron('0 6 * * *', { overlap: 'ignore' })
  })
})

describe('a step', () => {
  test('gives what JSON makes of its result', () => {
    flow('a', {}, async (step) => {
      expectTypeOf(
        await step.run('a', () => ({ n: 1, at: new Date(0), maybe: undefined as string | undefined })),
      ).toExtend<{
        n: number
        at: string
      }>()
      expectTypeOf(await step.run('b', async () => [1, 2])).toEqualTypeOf<number[]>()
      expectTypeOf(await step.run('c', () => {})).toEqualTypeOf<null>()
      expectTypeOf(await step.map('d', ['x'], (item, _, index) => `${item}${index}`)).toEqualTypeOf<string[]>()
      const form = z.object({ note: z.string() })
      expectTypeOf((await step.approve('e', { prompt: '?', form })).values).toEqualTypeOf<{ note: string }>()
      expectTypeOf((await step.ingest(usage)).snapshot_id).toEqualTypeOf<string>()
      const { metrics } = await step.train('churn', { snapshot: await step.ingest('usage') })
      expectTypeOf(metrics).toEqualTypeOf<Readonly<Record<string, number>>>()
      // @ts-expect-error a command is a list, not a line for a shell
      await step.command('f', 'ls -l')
      // @ts-expect-error conditions are code, and the worker carries this out
      await step.command('g', ['ls'], { retries: { retries: 1, if: () => true } })
    })
    expectTypeOf<JsonOf<() => void>>().toEqualTypeOf<never>()
  })
})
