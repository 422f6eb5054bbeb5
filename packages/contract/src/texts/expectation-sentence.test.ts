import { describe, expect, test } from 'vitest'
import { expectationTypes } from '../schemas/expectations.js'
import type { Expectation } from '../schemas/project.js'
import { expectationSentence, showJson } from './expectation-sentence.js'
import { sentenceTemplates } from './expectation-templates.js'

describe('expectationSentence', () => {
  const say = (type: string, kwargs: Expectation['kwargs'], language: 'en' | 'fr' = 'en') =>
    expectationSentence({ type, kwargs }, language)

  test('every type has its sentence in both languages', () => {
    expect(Object.keys(sentenceTemplates).sort()).toEqual([...expectationTypes].sort())
    for (const [en, fr] of Object.values(sentenceTemplates)) expect(en === fr ? en : '').toMatch(/^(?:\{[\w]+\} .*)?$/)
  })

  test.each([
    ['expect_column_values_to_be_between', { column: 'a', min_value: 0, strict_min: true }, 'a is greater than 0'],
    ['expect_column_values_to_be_between', { column: 'a' }, 'a is anything'],
    [
      'expect_column_values_to_not_be_null',
      { column: 'a', mostly: 0.95 },
      'a is never missing, in 95% of rows at least',
    ],
    [
      'expect_column_values_to_be_in_set',
      { column: 'a', value_set: [1, 2, 3, 4, 5, 6, 7, 8] },
      'a is one of 1, 2, 3, 4, 5, 6 and 2 more',
    ],
    [
      'expect_column_values_to_be_unique',
      { column: 'a', row_condition: 'col("b") > 1' },
      'No value of a comes twice, where col("b") > 1',
    ],
    ['expect_something_new', { column: 'a' }, 'something new (a)'],
    ['expect_column_values_to_be_between', {}, '… is anything'],
  ])('says %s', (type, kwargs, sentence) => {
    expect(say(type, kwargs)).toBe(sentence)
  })

  test.each([
    ['563d', 'The newest t is at most 563 days old', 'La valeur la plus récente de t a au plus 563 jours'],
    ['1.5 h', 'The newest t is at most 1.5 hours old', 'La valeur la plus récente de t a au plus 1,5 heure'],
    [1, 'The newest t is at most 1 second old', 'La valeur la plus récente de t a au plus 1 seconde'],
    ['soon', 'The newest t is at most soon old', 'La valeur la plus récente de t a au plus soon'],
  ])('says the age %s in words', (max_age, en, fr) => {
    const kwargs = { column: 't', max_age }
    expect(say('expect_column_max_to_be_recent', kwargs)).toBe(en)
    expect(say('expect_column_max_to_be_recent', kwargs, 'fr')).toBe(fr)
  })

  test('every argument goes through the marks', () => {
    const marks = {
      text: (text: string) => `t(${text})`,
      name: (name: string) => `n(${name})`,
      value: (value: string) => `v(${value})`,
    }
    const kwargs = { column: '<a>', min_value: 0, max_value: 5, mostly: 0.5, row_condition: '<b>' }
    expect(expectationSentence({ type: 'expect_column_values_to_be_between', kwargs }, 'fr', marks)).toBe(
      't()n(<a>)t( est )entre v(0) et v(5)t(), dans t(50\u00a0%) des lignes au moins, là où v(<b>)',
    )
  })
})

test('showJson cuts at a length and never in the middle of a sign', () => {
  expect(showJson('abcdef', 'en', 4)).toBe('abc…')
  expect(showJson('ab😀def', 'en', 4)).toBe('ab\ufffd…')
  expect(showJson([1234.5, { a: null }], 'fr')).toBe('1\u202f234,5, a null')
})
