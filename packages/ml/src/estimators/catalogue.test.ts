import { describe, expect, test } from 'vitest'
import { type ParameterSpec, parameterSpecs } from '../parameters/parameter-spec.js'
import { loggedParameters, parameterFromText, resolveParameters } from '../parameters/resolve-parameters.js'
import { transformers } from '../pipeline/transformers.js'
import { estimatorNamed, estimators } from './catalogue.js'

const tables = [...estimators, ...transformers].map(({ kind, parameters }) => ({
  kind,
  table: { ...parameters } as { readonly [name: string]: ParameterSpec },
}))

test('every kind is there once, and found by its name', () => {
  const kinds = estimators.map(({ kind }) => kind)
  expect(new Set(kinds).size).toBe(kinds.length)
  for (const estimator of estimators) expect(estimatorNamed(estimator.kind)).toBe(estimator)
  expect(estimatorNamed('oracle')).toBeUndefined()
})

describe.each(tables)('$kind', ({ kind, table }) => {
  test('has a name as on a command line', () => {
    expect(kind).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
  })

  test('describes each parameter in both languages, under the name that it is given by', () => {
    for (const [name, spec] of Object.entries(table)) {
      expect(spec.name).toBe(name)
      expect(spec.sklearnName).toMatch(/^[A-Za-z][A-Za-z0-9]*(_[a-z0-9]+)*$/)
      expect(spec.description.en.length).toBeGreaterThan(3)
      expect(spec.description.fr.length).toBeGreaterThan(3)
      expect(spec.description.fr).not.toMatch(/[^\u202f][;:!?](?!\S)|'/)
    }
  })

  test('accepts its own defaults, also as they are logged, and proposes a search within its bounds', () => {
    const resolved = resolveParameters(table, {})
    for (const spec of parameterSpecs(table))
      expect(() => resolveParameters(table, { [spec.name]: spec.default })).not.toThrow()
    const logged = Object.entries(loggedParameters(table, resolved))
    expect(
      resolveParameters(table, Object.fromEntries(logged.map(([name, text]) => [name, parameterFromText(text)]))),
    ).toEqual(resolved)
    for (const { search, name } of parameterSpecs(table)) {
      if (search === undefined) continue
      expect(search.low).toBeLessThan(search.high)
      expect(() => resolveParameters(table, { [name]: search.low })).not.toThrow()
      expect(() => resolveParameters(table, { [name]: search.high })).not.toThrow()
    }
  })
})
