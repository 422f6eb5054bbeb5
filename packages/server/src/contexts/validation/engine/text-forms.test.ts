import { FabriqueError, parseExpectation } from '@fabrique/contract'
import { betaLower, chiSquareUpper, kolmogorovUpper, normalCdf } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { tableColumns } from './columns.js'
import { fromGxSuite, toGxResult, toGxSuite } from './gx-suite.js'
import { jsonSchemaJudge, readPythonJson } from './json-schema.js'
import { readPythonRegex } from './python-regex.js'
import { readMoment } from './read-moment.js'
import { rowConditionSql } from './row-condition.js'
import { strptimeJudge } from './strptime.js'

describe('regular expressions of Python', () => {
  test.each([
    ['^\\w+$', 'été', true],
    ['\\d', '٣', true],
    ['a$', 'a\n', true],
    ['a\\Z', 'a\n', false],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['(?i)É', 'é', true],
    ['(?P<x>a)(?P=x)', 'aa', true],
    ['(?<!b)a', 'ba', false],
    ['\\bé', 'x é', true],
    ['\\Bé', 'x é', false],
    ['[\\w-]+', '-', true],
    ['a{,2}b', 'aab', true],
    ['a{x}', 'a{x}', true],
    ['[]a]', ']', true],
    ['/', '/', true],
  ])('%s in %j: %s', (pattern, text, isFound) => {
    expect(readPythonRegex(pattern).isFoundIn(text)).toBe(isFound)
  })

  test('are left to RE2 where it can say them', () => {
    expect(readPythonRegex('^[A-Z]{2}\\d+$').re2).toBe('^[A-Z]{2}[\\p{Nd}]+(?:\\n?\\z)')
    for (const pattern of ['(?=a)', '(a)\\1', '\\b', '$a']) expect(readPythonRegex(pattern).re2).toBeUndefined()
  })

  test.each(['(', '[a', 'a\\', '(?>a)', 'a*+', '\\q'])('%s cannot be read', (pattern) => {
    expect(() => readPythonRegex(pattern)).toThrow('regular expression')
  })
})

describe('moments that dateutil reads', () => {
  test.each([
    ['2024-01-05', '2024-01-05 00:00:00.000000'],
    ['5 Jan 2024 10:30 pm', '2024-01-05 22:30:00.000000'],
    ['01/02/2024', '2024-01-02 00:00:00.000000'],
    ['13/02/2024', '2024-02-13 00:00:00.000000'],
    ['20240105T103000', '2024-01-05 10:30:00.000000'],
    ['2024-01-05T10:30:00.25+02:00', '2024-01-05 08:30:00.250000'],
    ['Thu Sep 25 10:36:28 2003', '2003-09-25 10:36:28.000000'],
    ['May 68', '2068-05-01 00:00:00.000000'],
  ])('%s', (text, moment) => {
    expect(readMoment(text)).toBe(moment)
  })

  test.each(['', 'not a date', '2024-13-45', '2024-02-30', 'ab', '1.2.3.4', '25:00', '{"a":1}'])('not %j', (text) => {
    expect(readMoment(text)).toBeUndefined()
  })
})

test.each([
  ['%Y-%m-%d', '2024-02-29', true],
  ['%Y-%m-%d', '2023-02-29', false],
  ['%Y-%m-%d', '2024-2-9', true],
  ['%Y-%m-%d', '2024-02-09 ', false],
  ['%d %B %y', '05 january 24', true],
  ['%H:%M:%S.%f', '23:59:61.5', true],
  ['%I%p', '13pm', false],
  ['%Y %j', '2024 366', true],
  ['100%%', '100%', true],
])('strptime %s of %j: %s', (format, text, fits) => {
  expect(strptimeJudge(format)(text)).toBe(fits)
})

test('a format with an unknown directive cannot be evaluated', () => {
  expect(() => strptimeJudge('%Q')).toThrow('%Q')
  expect(() => strptimeJudge('%d %d')).toThrow('twice')
})

test.each([
  [{ type: 'integer', minimum: 1, exclusiveMaximum: 5 }, 1, true],
  [{ type: 'integer' }, 1.5, false],
  [{ enum: ['a', null] }, null, true],
  [{ const: { a: [1] } }, { a: [1] }, true],
  [{ minLength: 2, pattern: '^é' }, 'éa', true],
  [{ items: { type: 'string' }, uniqueItems: true }, ['a', 'a'], false],
  [{ prefixItems: [{ type: 'string' }], items: false }, ['a', 1], false],
  [{ contains: { const: 1 }, maxContains: 1 }, [1, 1], false],
  [{ properties: { a: { type: 'string' } }, additionalProperties: false }, { a: 'x', b: 1 }, false],
  [{ patternProperties: { '^n_': { type: 'number' } } }, { n_a: 'x' }, false],
  [{ oneOf: [{ type: 'number' }, { minimum: 3 }] }, 5, false],
  [JSON.parse('{"if":{"type":"number"},"then":{"minimum":3},"else":{"type":"string"}}'), 2, false],
  [{ $ref: '#/$defs/a', $defs: { a: { type: 'array' } } }, [], true],
  [{ dependentRequired: { a: ['b'] } }, { a: 1 }, false],
  [{ not: {} }, 1, false],
])('%j takes %j: %s', (schema, value, holds) => {
  expect(jsonSchemaJudge(schema)(value)).toBe(holds)
})

test('JSON is what Python reads', () => {
  expect(readPythonJson('[NaN, -Infinity, "NaN"]')).toEqual({ value: [0, 0, 'NaN'] })
  expect(readPythonJson('[1,]')).toBeUndefined()
  expect(readPythonJson('NaNa')).toBeUndefined()
})

describe('row conditions', () => {
  const columns = tableColumns([
    { name: 'a', type: 'BIGINT' },
    { name: 'b', type: 'VARCHAR' },
  ])
  const sql = (row_condition: string | Readonly<Record<string, unknown>>) =>
    rowConditionSql({ type: 'expect_x', row_condition, condition_parser: undefined }, columns)

  test('are written anew: no text of theirs reaches the SQL', () => {
    expect(sql(`b == "x'; drop table t; --"`)).toContain(`'x''; drop table t; --'`)
    expect(sql({ type: 'comparison', column: { name: 'a' }, operator: '>', parameter: 3 })).toBe(
      'coalesce("a" > 3, false)',
    )
  })

  test.each([
    'a >',
    'a; b',
    'a > 3)',
    'nope(a)',
    'a in 3',
    'a + b',
    'a.apply()',
    '',
    `${'('.repeat(200)}a${')'.repeat(200)} > 1`,
  ])('%j cannot be read', (condition) => {
    expect(() => sql(condition)).toThrow()
  })
})

/** Reference: scipy 1.17. */
test('functions of distributions', () => {
  expect(normalCdf(1.96)).toBeCloseTo(0.9750021048517795, 13)
  expect(normalCdf(-3)).toBeCloseTo(0.0013498980316300933, 15)
  expect(chiSquareUpper(3.84, 1)).toBeCloseTo(0.05004352124870519, 13)
  expect(betaLower(0.3, 2, 5)).toBeCloseTo(0.579825, 12)
  expect(kolmogorovUpper(0.5, 1)).toBeCloseTo(1, 12)
  expect(kolmogorovUpper(1, 10)).toBe(0)
})

describe('suites of Great Expectations', () => {
  const old = {
    expectation_suite_name: 'old',
    expectations: [
      {
        expectation_type: 'expect_column_to_exist',
        kwargs: { column: 'a', result_format: 'BASIC', column_index: null },
        meta: { notes: 'why' },
      },
      { expectation_type: 'ExpectColumnKLDivergenceToBeLessThan', kwargs: { column: 'a' } },
    ],
  }

  test('are read in both forms', () => {
    const suite = fromGxSuite(old)
    expect(suite.name).toBe('old')
    expect(suite.expectations).toEqual([
      { type: 'expect_column_to_exist', kwargs: { column: 'a' }, severity: 'critical', meta: { notes: 'why' } },
      { type: 'expect_column_kl_divergence_to_be_less_than', kwargs: { column: 'a' }, severity: 'critical' },
    ])
    expect(fromGxSuite(toGxSuite(suite))).toMatchObject({ name: 'old', expectations: suite.expectations })
  })

  test('say which expectation cannot be taken', () => {
    expect(() => fromGxSuite({})).toThrow('expectations')
    expect(() =>
      fromGxSuite([
        { type: 'expect_column_to_exist', kwargs: { column: 'a' } },
        { type: 'expect_magic', kwargs: {} },
      ]),
    ).toThrow(/2.*expect_magic/)
  })

  test('give results with statistics; none where there is nothing', () => {
    expect(toGxResult([], { suiteName: 's', meta: {} })).toMatchObject({
      success: true,
      statistics: { success_percent: null },
    })
  })
})

describe('arguments', () => {
  const parse = (type: string, kwargs: Parameters<typeof parseExpectation>[0]['kwargs']) => () =>
    parseExpectation({ type, kwargs })

  test('are checked by type, and say which is wrong', () => {
    expect(parse('ExpectColumnToExist', {})).toThrow('Argument column of expect_column_to_exist')
    expect(parse('expect_column_to_exist', { column: 'a', colour: 1 })).toThrow('Argument colour')
    expect(parse('expect_column_values_to_not_be_null', { column: 'a', mostly: 2 })).toThrow('Argument mostly')
    expect(parse('expect_nothing', {})).toThrow(FabriqueError)
  })

  test('may be parameters of the suite', () => {
    expect(parse('expect_column_values_to_not_be_null', { column: 'a', mostly: { $PARAMETER: 'share' } })).not.toThrow()
  })
})
