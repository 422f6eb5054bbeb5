import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { checkParams, schemaFault } from './check-params.js'

const monthly = z.object({
  month: z.string().regex(/^\d{4}-\d{2}$/),
  users: z.array(z.strictObject({ id: z.int().min(1), mail: z.email().optional() })).default([]),
  mode: z.enum(['fast', 'exact']).default('fast'),
  since: z.iso.datetime().optional(),
})
const schema = z.record(z.string(), z.json()).parse(z.toJSONSchema(monthly, { io: 'input' }))
const check = (params: Record<string, z.infer<ReturnType<typeof z.json>>>) => () =>
  checkParams({ flow: 'monthly', schema, params })

describe('parameters are checked by the schema of the flow', () => {
  test('what fits is taken, defaults left out', () => {
    expect(check({ month: '2026-10' })).not.toThrow()
    expect(check({ month: '2026-10', users: [{ id: 7, mail: 'a@b.fr' }], mode: 'exact' })).not.toThrow()
  })

  const refused = [
    [{}, 'month', 'it is missing'],
    [{ month: 'October' }, 'month', 'pattern'],
    [{ month: 7 }, 'month', 'must be string'],
    [{ month: '2026-10', mode: 'slow' }, 'mode', 'must be one of ["fast","exact"]'],
    [{ month: '2026-10', users: [{ id: 1 }, { id: 0 }] }, 'users[1].id', 'must be >= 1'],
    [{ month: '2026-10', users: [{ id: 1, name: 'x' }] }, 'users[0].name', 'no such parameter'],
    [{ month: '2026-10', users: [{ id: 1, mail: 'x' }] }, 'users[0].mail', 'format "email"'],
    [{ month: '2026-10', since: 'yesterday' }, 'since', 'format "date-time"'],
  ] as const
  for (const [params, field, reason] of refused) {
    test(`${JSON.stringify(params)} is refused for ${field}`, () => {
      expect(check(z.record(z.string(), z.json()).parse(params))).toThrow(
        expect.objectContaining({
          code: 'flow_params_invalid',
          field: `params.${field}`,
          params: { flow: 'monthly', field, reason: expect.stringContaining(reason) },
        }),
      )
    })
  }

  test('what is larger than the limit is refused', () => {
    expect(check({ month: 'x'.repeat(600_000) })).toThrow(expect.objectContaining({ code: 'flow_params_too_large' }))
  })
})

test('a schema that is none tells why', () => {
  expect(schemaFault(schema)).toBeUndefined()
  expect(schemaFault({ type: 'strin' })).toMatch(/type/)
  expect(schemaFault({ type: 'string', pattern: '(' })).toMatch(/regular expression/i)
})
