import type { ModelSignature } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { readAddress, readInputs, writeInputs } from './read-inputs.js'

const signature: ModelSignature = {
  task: 'classification',
  features: [
    { name: 'length', type: 'number', min: 4, max: 8, unit: 'cm' },
    { name: 'visits', type: 'integer' },
    { name: 'island', type: 'category', values: ['Biscoe', 'Dream'] },
    { name: 'ringed', type: 'boolean' },
  ],
  target: { name: 'species', classes: ['a', 'b'] },
  example: { length: 5.1, visits: 4, island: 'Dream', ringed: true },
}
const good = { length: '5,1', visits: '4', island: 'Dream', ringed: 'false' }

describe('readInputs', () => {
  it('reads a row, with decimal comma', () => {
    expect(readInputs(signature, good)).toEqual({
      row: { length: 5.1, visits: 4, island: 'Dream', ringed: false },
      problems: {},
      outside: new Set(),
    })
  })

  it('names the problem of each field', () => {
    expect(readInputs(signature, { length: 'long', visits: '4.5', island: 'Ceres' }).problems).toEqual({
      length: 'notNumber',
      visits: 'notInteger',
      island: 'notInSet',
      ringed: 'required',
    })
  })

  it('warns outside of what training saw', () => {
    expect([...readInputs(signature, { ...good, length: '9' }).outside]).toEqual(['length'])
  })

  it('reads back the example it wrote', () => {
    for (const language of ['en', 'fr'] as const)
      expect(readInputs(signature, writeInputs(signature.example, language)).row).toEqual(signature.example)
  })
})

describe('readAddress', () => {
  it('takes rows only', () => {
    expect(readAddress('{"a":1}')).toEqual({ a: 1 })
    for (const broken of [undefined, '', '[1]', 'null', '{']) expect(readAddress(broken)).toEqual({})
  })
})
