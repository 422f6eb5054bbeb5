import { isFabriqueError } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { type FilterCondition, parseColumn, parseCondition, parseFilter, parseOrderBy, splitOrderBy } from './filter.js'

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

/** A condition as text with every parenthesis that it means. */
function shown(condition: FilterCondition | undefined): string {
  if (condition === undefined) return ''
  switch (condition.kind) {
    case 'comparison': {
      const { column, operator } = condition.comparison
      const name = [column.entity, column.key].filter((part) => part !== undefined).join('.')
      return `${column.aggregate === undefined ? name : `${column.aggregate}(${name})`} ${operator}`
    }
    case 'not':
      return `not ${shown(condition.term)}`
    default:
      return `(${condition.terms.map(shown).join(` ${condition.kind} `)})`
  }
}

const refused = expect.objectContaining({ code: 'filter_invalid' })

describe('conditions', () => {
  test.each([
    ['', ''],
    ['a = 1', 'a ='],
    ['((a = 1))', 'a ='],
    ['a = 1 and b = 2 or c = 3 and d = 4', '((a = and b =) or (c = and d =))'],
    ['a = 1 and (b = 2 or c = 3) AND d = 4', '(a = and (b = or c =) and d =)'],
    ['not a = 1 and b = 2', '(not a = and b =)'],
    ['NOT (a = 1 or not(b = 2))', 'not (a = or not b =)'],
    ['not not a = 1', 'not not a ='],
    ["not in_use = 'x'", 'not in_use ='],
    ['not.a = 1 or or.b = 2', '(not.a = or or.b =)'],
    ['max(metrics.`a)b`) > 1 and MEAN( metrics.x )<1', '(max(metrics.a)b) > and mean(metrics.x) <)'],
    ['metrics.max > 1 and max > 2', '(metrics.max > and max >)'],
    ["a in ('x') or a NOT IN ('y') or b is null", '(a IN or a NOT IN or b IS NULL)'],
    ['count(metrics.x) is not null', 'count(metrics.x) IS NOT NULL'],
  ])('%s', (text, meaning) => {
    expect(shown(parseCondition(text))).toBe(meaning)
  })

  test.each([
    '()',
    '(a = 1',
    'a = 1)',
    'a = 1 or',
    'or a = 1',
    'not',
    'not and a = 1',
    'a not = 1',
    'a = 1 not b = 2',
    'a = 1 (b = 2)',
    'max(metrics.x > 1',
    'max(metrics.x > 1)',
    'max() > 1',
    'max(max(metrics.x)) > 1',
    'median(metrics.x) > 1',
    'a = max(metrics.x)',
    'a = b or c = 1',
    `${'('.repeat(51)}a = 1${')'.repeat(51)}`,
    `${'not '.repeat(100_000)}a = 1`,
    '('.repeat(100_000),
    Array.from({ length: 101 }, () => 'a = 1').join(' or '),
  ])('%s is refused', (text) => {
    expect(() => parseCondition(text)).toThrowError(refused)
  })

  test('go fifty deep and a hundred wide', () => {
    expect(shown(parseCondition(`${'('.repeat(50)}a = 1${')'.repeat(50)}`))).toBe('a =')
    const wide = Array.from({ length: 100 }, () => 'not (a = 1)').join(' or ')
    expect(parseCondition(wide)).toMatchObject({ kind: 'or', terms: expect.objectContaining({ length: 100 }) })
  })

  test('the filters of MLflow know none of it', () => {
    for (const text of ['not a = 1', 'max(metrics.a) > 1', '(a = 1)', 'a = 1 or b = 1']) {
      expect(() => parseFilter(text)).toThrowError(refused)
    }
    expect(() => parseOrderBy(['max(metrics.a)'])).toThrowError(refused)
  })
})

describe('any text', () => {
  const pieces = [
    'metrics',
    '.',
    'a',
    '`x y`',
    '"q"',
    "'text'",
    '(',
    ')',
    ' ',
    'and',
    'or',
    'not',
    'in',
    'is',
    'null',
    'like',
  ]
  const more = [
    '=',
    '!=',
    '>=',
    '<',
    '1',
    '-2.5e3',
    '1e',
    ',',
    "'",
    '`',
    '"',
    'max(',
    'é',
    '\0',
    '\n',
    ';',
    '--',
    '\u{1F600}',
  ]
  const words = [...pieces, ...more]

  /** Numbers that look random and are the same in every run. */
  function sequence(seed: number): (below: number) => number {
    let state = seed
    return (below) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return Math.floor((state / 0x80000000) * below)
    }
  }

  test('is a filter or is refused, and one of MLflow means the same in ours', () => {
    const random = sequence(3)
    let accepted = 0
    for (let round = 0; round < 20_000; round += 1) {
      const text = Array.from({ length: random(12) }, () => words[random(words.length)]).join(['', ' '][random(2)])
      const plain = outcome(() => parseFilter(text))
      const rich = outcome(() => parseCondition(text))
      outcome(() => parseOrderBy([text], { aggregates: true }))
      outcome(() => splitOrderBy(text))
      outcome(() => parseColumn(text))
      if (plain === undefined) continue
      accepted += 1
      const comparisons = rich === undefined ? [] : rich.kind === 'and' ? rich.terms : [rich]
      expect(comparisons, text).toEqual(plain.map((comparison) => ({ kind: 'comparison', comparison })))
    }
    expect(accepted).toBeGreaterThan(100)
  })

  test('that is a condition, written with random spaces and case, is read back', () => {
    const random = sequence(5)
    const condition = (depth: number): string => {
      const choice = depth > 4 ? 0 : random(5)
      const space = ['', ' ', '\n\t'][random(3)]
      if (choice === 1) return `(${space}${condition(depth + 1)}${space})`
      if (choice === 2) return `${['not', 'NOT', 'Not'][random(3)]} ${condition(depth + 1)}`
      if (choice === 3) return `(${condition(depth + 1)}) ${['or', 'OR'][random(2)]} (${condition(depth + 1)})`
      if (choice === 4) return `(${condition(depth + 1)}) ${['and', 'AND'][random(2)]} (${condition(depth + 1)})`
      return (
        [`metrics.a${space}>${space}1`, "params.b = 'x'", 'max(metrics.a) <= -.5', 'tags.c IS null'][random(4)] ?? ''
      )
    }
    for (let round = 0; round < 2000; round += 1) {
      const text = condition(0)
      expect(() => parseCondition(text), text).not.toThrow()
    }
  })

  test.each([
    ['digits', '1'.repeat(200_000), 'x'],
    ['digits and a point', `${'1'.repeat(100_000)}.${'1'.repeat(100_000)}`, 'x'],
    ['digits of an exponent', `1e${'1'.repeat(200_000)}`, 'x'],
    ['quotes', `'${"''".repeat(100_000)}`, ''],
    ['open parentheses', '(', '('.repeat(200_000)],
    ['spaces', ' '.repeat(200_000), 'x'],
    ['NOT', ' not '.repeat(50_000), ''],
    ['dots', 'a.'.repeat(100_000), ''],
  ])('of many %s is refused in linear time', (_, long, tail) => {
    // Quadratic time would be minutes: longer than a test may take.
    expect(() => parseCondition(`metrics.a > ${long}${tail}`)).toThrowError(refused)
    expect(() => parseCondition(`${long}${tail}`)).toThrowError(refused)
  })

  /** What the action gives; undefined where it refuses. Any other failure fails the test. */
  function outcome<Result>(action: () => Result): Result | undefined {
    try {
      return action()
    } catch (error) {
      if (isFabriqueError(error) && error.code === 'filter_invalid') return undefined
      throw error
    }
  }
})

describe('lists of columns in one text', () => {
  test('are separated by commas outside quotes', () => {
    expect(splitOrderBy('')).toEqual([])
    expect(splitOrderBy('metrics.`a,b` DESC, start_time,max(metrics.x) asc ')).toEqual([
      'metrics.`a,b` DESC',
      'start_time',
      'max(metrics.x) asc',
    ])
  })

  test.each([',', 'a,', 'a b', 'a,,b', 'a;b'])('%s is refused', (text) => {
    expect(() => splitOrderBy(text)).toThrowError(refused)
  })

  test('one column stands alone', () => {
    expect(parseColumn(' params."a b" ')).toEqual({ entity: 'params', key: 'a b' })
    expect(() => parseColumn('params.a desc')).toThrowError(refused)
    expect(parseOrderBy(['max(metrics.a)', 'min(metrics.a) desc'], { aggregates: true })).toMatchObject([
      { column: { aggregate: 'max' } },
      { column: { aggregate: 'min' }, descending: true },
    ])
    expect(() => parseOrderBy(['max(metrics.a)', 'MAX(metrics.a)'], { aggregates: true })).toThrowError(/twice/)
  })
})

test('long texts are read, and longer ones refused', () => {
  for (const long of ['x', "''"]) {
    const text = long.repeat(900_000 / long.length)
    expect(parseFilter(`tags.a = '${text}'`)).toHaveLength(1)
    expect(() => parseFilter(`tags.a = '${text}`)).toThrowError(expect.objectContaining({ code: 'filter_invalid' }))
  }
  const tooLong = `tags.a = '${'x'.repeat(9_000_000)}'`
  for (const parse of [parseFilter, parseCondition, (text: string) => parseOrderBy([text])]) {
    expect(() => parse(tooLong)).toThrowError(expect.objectContaining({ code: 'filter_invalid' }))
  }
})
