import type { Json } from '@fabrique/contract'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { flow } from '../sdk/flow.js'
import { flowClient } from './flow-client.js'

const monthly = flow(
  'monthly',
  { params: z.object({ month: z.string(), count: z.number().default(1) }) },
  async (_, { month, count }) => ({ month, at: new Date(count) }),
)
const flows = flowClient({ url: 'http://127.0.0.1:1' })

test('parameters and results have the types of the flow', () => {
  const run = () => flows.runFlow('demo', monthly, { month: '2026-11' })
  expectTypeOf(run).returns.resolves.toEqualTypeOf<{ month: string; at: string }>()
  // @ts-expect-error a parameter is missing
  const _missing = () => flows.startFlow('demo', monthly, {})
  // @ts-expect-error a parameter has another type
  const _other = () => flows.startFlow('demo', monthly, { month: 3 })
})

test('a flow that is only named takes anything and gives JSON', () => {
  const run = () => flows.runFlow('demo', 'monthly', { whatever: 1 })
  expectTypeOf(run).returns.resolves.toEqualTypeOf<Json>()
})
