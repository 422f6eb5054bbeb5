import type { ModelSignature } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { codeSnippets, formSnippets } from './code-snippets.js'
import { isFilled, readAddress, readInputs, takesImages, withoutImages, writeInputs } from './read-inputs.js'

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
      expect(readInputs(signature, writeInputs(signature, signature.example, language)).row).toEqual(signature.example)
  })
})

describe('a signature with moments and gaps', () => {
  const mixed: ModelSignature = {
    task: 'regression',
    features: [
      { name: 'since', type: 'timestamp', min: Date.UTC(2023, 0, 1), max: Date.UTC(2023, 11, 31) },
      { name: 'age', type: 'number', nullable: true },
      { name: 'town', type: 'text', values: ['Lyon', 'Nice'], takes_unseen: true, nullable: true },
      { name: 'member', type: 'boolean', nullable: true },
    ],
    target: { name: 'spend', classes: [] },
    example: { since: '2023-05-06T07:08:09.000Z', age: 4.5, town: 'Nice', member: false },
  }

  it('takes moments in UTC, and nothing for what may be missing', () => {
    expect(readInputs(mixed, { since: '2023-05-06T07:08' })).toEqual({
      row: { since: '2023-05-06T07:08:00.000Z', age: null, town: null, member: null },
      problems: {},
      outside: new Set(),
    })
    expect(readInputs(mixed, { since: 'soon' }).problems).toEqual({ since: 'notMoment' })
    expect(readInputs(mixed, {}).problems).toEqual({ since: 'required' })
  })

  it('warns of moments and texts that training did not see', () => {
    const { row, outside } = readInputs(mixed, { since: '2024-05-06T07:08', town: 'Metz' })
    expect(row).toMatchObject({ town: 'Metz' })
    expect(outside).toEqual(new Set(['since', 'town']))
  })

  it('reads back the example it wrote, also milliseconds and numbers for truth values', () => {
    const written = writeInputs(mixed, mixed.example, 'fr')
    expect(written).toEqual({ since: '2023-05-06T07:08:09', age: '4,5', town: 'Nice', member: 'false' })
    expect(readInputs(mixed, written).row).toEqual(mixed.example)
    const older = { ...mixed.example, since: Date.UTC(2023, 4, 6, 7, 8, 9, 250), member: 0 }
    expect(writeInputs(mixed, older, 'en')).toMatchObject({ since: '2023-05-06T07:08:09.250', member: 'false' })
  })

  it('is filled when the row can be sent and says something', () => {
    expect(isFilled(mixed, readInputs(mixed, { since: '2023-05-06T07:08' }).row)).toBe(true)
    expect(isFilled(mixed, readInputs(mixed, { age: '1' }).row)).toBe(false)
    const gaps = { ...mixed, features: mixed.features.slice(1) }
    expect(isFilled(gaps, readInputs(gaps, {}).row)).toBe(false)
  })
})

describe('readAddress', () => {
  it('takes rows only', () => {
    expect(readAddress('{"a":1}')).toEqual({ a: 1 })
    for (const broken of [undefined, '', '[1]', 'null', '{']) expect(readAddress(broken)).toEqual({})
  })
})

describe('a signature with an image', () => {
  const seen: ModelSignature = {
    task: 'classification',
    features: [
      { name: 'photo', type: 'image', image: { width: 8, height: 8 } },
      { name: 'weight', type: 'number' },
    ],
    target: { name: 'kind', classes: ['a', 'b'] },
    example: { photo: { b64: 'AAAA' }, weight: 2 },
  }
  const files = { photo: { name: "l'été.png" } }

  it('takes the name of its file, and misses one that was not chosen', () => {
    const { row, problems } = readInputs(seen, { weight: '2' }, files)
    expect([row, problems, isFilled(seen, row)]).toEqual([{ photo: "l'été.png", weight: 2 }, {}, true])
    expect(readInputs(seen, { weight: '2' }).problems).toEqual({ photo: 'noImage' })
    expect([takesImages(seen), takesImages(signature)]).toEqual([true, false])
  })

  it('keeps no image in an address, and none in the fields of its example', () => {
    expect(withoutImages(seen, { photo: 'a.png', weight: 2 })).toEqual({ weight: 2 })
    expect(writeInputs(seen, seen.example, 'en')).toEqual({ weight: '2' })
  })

  it('is asked with a form in every language', () => {
    const { curl, python, typescript } = formSnippets('http://h/p', { photo: "l'été.png", weight: 2 }, seen)
    expect(curl.split(' \\\n')).toEqual(['curl http://h/p', `  -F 'photo=@"l'\\''été.png"'`, "  -F 'weight=2'"])
    expect(python).toContain('image = open("l\'été.png", "rb")')
    expect(python).toContain('files={"photo": image}')
    expect(python).toContain('data={"weight": "2"}')
    expect(typescript).toContain('form.append("photo", await openAsBlob("l\'été.png"))')
    expect(typescript).toContain('form.append("weight", "2")')
    // Before a file is chosen, its name is a stand-in.
    expect(formSnippets('http://h/p', seen.example, seen).curl).toContain('photo=@"image.jpg"')
    expect(codeSnippets('http://h/p', { weight: 2 }).curl).toContain('-d \'{"features":[{"weight":2}]}\'')
  })
})
