import { describe, expect, it } from 'vitest'
import { fieldTexts, type JsonObject, paramFields, readParams } from './param-fields.js'

/** As zod writes the schema of an object. */
const schema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    month: { type: 'string', description: 'As 2026-11' },
    rows: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
    share: { type: 'number' },
    kind: { type: 'string', enum: ['full', 'quick'], default: 'quick' },
    force: { type: 'boolean', default: false },
    note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    days: { type: 'array', items: { type: 'string' } },
    since: { type: 'string', format: 'date-time' },
    on: { type: 'string', format: 'date' },
  },
  required: ['month', 'note'],
}

const fields = paramFields(schema)
const of = (name: string) => fields.find((field) => field.name === name)

describe('paramFields', () => {
  it('makes a field of each property of the schema', () => {
    expect(fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'month text',
      'rows integer',
      'share number',
      'kind choice',
      'force boolean',
      'note text',
      'days json',
      'since moment',
      'on date',
    ])
    expect(of('month')).toMatchObject({ isRequired: true, description: 'As 2026-11' })
    expect(of('rows')).toMatchObject({ isRequired: false, initial: 100, min: 1, max: 500 })
    expect(of('kind')?.choices).toEqual(['full', 'quick'])
    expect(of('note')).toMatchObject({ isNullable: true })
  })

  it('is empty for a schema without properties', () => {
    expect(paramFields({})).toEqual([])
    expect(paramFields({ type: 'object', properties: {} })).toEqual([])
  })
})

describe('the texts of the fields', () => {
  it('begin with the defaults, numbers as the language writes them', () => {
    expect(fieldTexts(fields, { share: 0.5 }, 'fr')).toEqual({
      month: '',
      rows: '100',
      share: '0,5',
      kind: '"quick"',
      force: 'false',
      note: '',
      days: '',
      since: '',
      on: '',
    })
  })

  it('are read back as what the schema wants; what is empty is left out', () => {
    const texts = {
      ...fieldTexts(fields, {}, 'en'),
      month: '2026-11',
      share: '0,25',
      days: '["mon"]',
      since: '2026-11-22T06:00:00',
    }
    expect(readParams(fields, texts)).toEqual({
      params: {
        month: '2026-11',
        rows: 100,
        share: 0.25,
        kind: 'quick',
        force: false,
        note: null,
        days: ['mon'],
        since: new Date('2026-11-22T06:00:00').toISOString(),
      },
      problems: {},
    })
  })

  it('say what is wrong with each', () => {
    const texts = { month: ' ', rows: '1000', share: 'x', kind: '"full"', days: '[', force: 'true' }
    expect(readParams(fields, texts).problems).toEqual({
      month: { kind: 'required' },
      rows: { kind: 'max', bound: 500 },
      share: { kind: 'number' },
      days: { kind: 'json' },
    })
    expect(readParams(fields, { month: 'a', rows: '1.5' }).problems).toEqual({ rows: { kind: 'integer' } })
    expect(readParams(fields, { month: 'a', rows: '0' }).problems).toEqual({ rows: { kind: 'min', bound: 1 } })
  })
})
