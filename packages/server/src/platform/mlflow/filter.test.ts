import { describe, expect, test } from 'vitest'
import { parseFilter, parseOrderBy } from './filter.js'

const short = (text: string) =>
  parseFilter(text).map(({ column, operator, value }) => [
    column.entity,
    column.key,
    operator,
    value.kind === 'number'
      ? value.number
      : value.kind === 'text'
        ? value.text
        : value.kind === 'list'
          ? value.texts
          : null,
  ])

describe('filters', () => {
  test.each([
    ['', []],
    ['   ', []],
    ['metrics.a > 1', [['metrics', 'a', '>', 1]]],
    ['metrics.a>=-1.5e-3', [['metrics', 'a', '>=', -0.0015]]],
    ["params.`a b` = 'x'", [['params', 'a b', '=', 'x']]],
    ['params."a.b" != "it\'s"', [['params', 'a.b', '!=', "it's"]]],
    ["tags.mlflow.source.name LIKE '%x_'", [['tags', 'mlflow.source.name', 'LIKE', '%x_']]],
    ["name ilike 'x'", [[undefined, 'name', 'ILIKE', 'x']]],
    [
      "`metrics`.a = .5 AND name = 'it''s'",
      [
        ['metrics', 'a', '=', 0.5],
        [undefined, 'name', '=', "it's"],
      ],
    ],
    ['run_id IN (\'a\', "b",)', [[undefined, 'run_id', 'IN', ['a', 'b']]]],
    ["run_id Not  In ('a')", [[undefined, 'run_id', 'NOT IN', ['a']]]],
    [
      'tags.x is  not null aNd tags.y IS NULL',
      [
        ['tags', 'x', 'IS NOT NULL', null],
        ['tags', 'y', 'IS NULL', null],
      ],
    ],
    ['metrics.été < 1', [['metrics', 'été', '<', 1]]],
    ["attributes.`Run name` = ' and '", [['attributes', 'Run name', '=', ' and ']]],
  ])('%s', (text, comparisons) => {
    expect(short(text)).toEqual(comparisons)
  })

  test.each([
    'metrics.a',
    'metrics.a >',
    'metrics.a > ',
    'metrics.a > 1 and',
    'and metrics.a > 1',
    'metrics.a > 1 or metrics.b > 1',
    'metrics.a > 1 metrics.b > 1',
    '(metrics.a > 1)',
    'metrics.a > 1 + 1',
    'metrics.a + 1 > 1',
    'metrics.a == 1',
    'metrics.a <> 1',
    'metrics.a > 1x',
    'metrics.a > 1.2.3',
    "params.a = 'open",
    'params.a = x',
    'params.`a = 1',
    'params. = 1',
    '.a = 1',
    'run_id IN ()',
    "run_id IN ('a'",
    "run_id IN 'a'",
    'run_id IN (1)',
    'tags.a IS',
    "tags.a NOT LIKE 'x'",
    "'x' = tags.a",
    '; drop table runs',
    'metrics.a > 1;',
    Array.from({ length: 101 }, () => 'a > 1').join(' and '),
  ])('%s is refused', (text) => {
    expect(() => parseFilter(text)).toThrowError(expect.objectContaining({ code: 'filter_invalid' }))
  })

  test('a long text is read in linear time', () => {
    const text = `params.a = '${"x''".repeat(200_000)}'`
    expect(parseFilter(text)).toHaveLength(1)
    expect(() => parseFilter(' '.repeat(200_000))).not.toThrow()
    expect(() => parseFilter(`params.a = '${'x'.repeat(200_000)}`)).toThrow()
  })
})

describe('orders', () => {
  test('have a direction', () => {
    const terms = parseOrderBy(['metrics.`a b` DESC', 'start_time', ' params.x  asc '])
    expect(terms.map(({ column, descending }) => [column.entity, column.key, descending])).toEqual([
      ['metrics', 'a b', true],
      [undefined, 'start_time', false],
      ['params', 'x', false],
    ])
  })

  test.each([['a up'], ['a, b'], [''], ["'a"], ['a desc desc'], ['a desc b']])('%s is refused', (text) => {
    expect(() => parseOrderBy([text])).toThrowError(expect.objectContaining({ code: 'filter_invalid' }))
  })

  test('the same column twice is refused', () => {
    expect(() => parseOrderBy(['metrics.a', 'metrics.a DESC'])).toThrowError(/twice/)
  })
})
