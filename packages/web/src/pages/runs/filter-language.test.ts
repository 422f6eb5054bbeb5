import type { RunColumn } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { accept, andAlso, groupCondition, suggest, toFilter, tokensOf } from './filter-language.js'

const known: readonly RunColumn[] = [
  { kind: 'metric', key: 'accuracy', run_count: 3, distinct_count: 3, values: [], min: 0.5, max: 0.97 },
  { kind: 'metric', key: 'val/loss', run_count: 3, distinct_count: 3, values: [] },
  { kind: 'param', key: 'solver', run_count: 3, distinct_count: 2, values: ['adam', "it's"] },
  { kind: 'tag', key: 'team', run_count: 3, distinct_count: 2, values: ['blue'] },
]
const texts = (filter: string, caret = filter.length) => suggest(filter, caret, known).map(({ text }) => text)

describe('filter language', () => {
  it('cuts a filter into its parts', () => {
    expect(tokensOf("metrics.`val/loss` < 0.5 AND (params.solver = 'it''s')").map(({ text }) => text)).toEqual([
      'metrics.`val/loss`',
      '<',
      '0.5',
      'AND',
      '(',
      'params.solver',
      '=',
      "'it''s'",
      ')',
    ])
  })

  it('never stands still, whatever is typed', () => {
    for (const text of ["'open", '`open', '"', '!', '!=', '((', ",,'", 'a.`b', '=='])
      expect(
        tokensOf(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text)
  })

  it('proposes columns, then operators of their kind, then values, then AND', () => {
    expect(texts('')).toEqual(expect.arrayContaining(['metrics.accuracy', 'metrics.`val/loss`', 'attributes.status']))
    expect(texts('acc')).toEqual(['metrics.accuracy'])
    expect(texts('loss')).toEqual(['metrics.`val/loss`'])
    expect(texts('metrics.accuracy ')[0]).toBe('>')
    expect(texts('params.solver ')).toContain('ILIKE')
    expect(texts('params.solver = ')).toEqual(["'adam'", "'it''s'"])
    expect(texts("params.solver = 'ad")).toEqual(["'adam'"])
    expect(texts('attributes.status = ')).toContain("'FAILED'")
    expect(texts("params.solver = 'adam' ")).toEqual(['AND', 'OR'])
    expect(texts("params.solver = 'adam' AND te")).toEqual(['tags.team'])
    expect(texts("params.solver IN ('adam', ")).toEqual(["'adam'", "'it''s'"])
  })

  it('proposes at the caret, not at the end', () => {
    expect(texts("acc AND params.solver = 'adam'", 3)).toEqual(['metrics.accuracy'])
  })

  it('takes a proposal in place of what was typed', () => {
    const [first] = suggest('acc > 1 AND te', 14, known)
    expect(first && accept('acc > 1 AND te', first)).toEqual({ filter: 'acc > 1 AND tags.team ', caret: 22 })
  })

  it('looks for names when words are typed, and leaves a filter alone', () => {
    expect(toFilter(" o'neil ")).toBe("attributes.run_name ILIKE '%o''neil%'")
    expect(toFilter('metrics.accuracy > 0.9')).toBe('metrics.accuracy > 0.9')
    expect(toFilter("name = 'x'")).toBe("name = 'x'")
    expect(toFilter('')).toBe('')
  })

  it('adds conditions without changing what was there', () => {
    expect(andAlso("a = '1' or b = '2'", [groupCondition('params.`val loss`', "it's")])).toBe(
      "(a = '1' or b = '2') AND params.`val loss` = 'it''s'",
    )
    expect(andAlso('', [groupCondition('tags.team', null), groupCondition('attributes.status', 'FAILED')])).toBe(
      "tags.team IS NULL AND attributes.status = 'FAILED'",
    )
  })
})
