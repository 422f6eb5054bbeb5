import { describe, expect, it } from 'vitest'
import { traceFilter } from './trace-filter.js'

describe('traceFilter', () => {
  it('looks for words in names and spans', () => {
    expect(traceFilter({ filter: ' refund order ' })).toBe(
      "(name ilike '%refund order%' or trace.text ilike '%refund order%')",
    )
    expect(traceFilter({ filter: 'nothing like it in here' })).toContain("ilike '%nothing like it in here%'")
    expect(traceFilter({ filter: `it's "x"` })).toContain(`ilike "%it's x%"`)
  })

  it('sends expressions as they are, beside run and state', () => {
    expect(traceFilter({ filter: "tags.team = 'a'", run: 'r1', state: 'ERROR' })).toBe(
      "run_id = 'r1' and status = 'ERROR' and (tags.team = 'a')",
    )
    for (const filter of ["name ilike '%a%'", "tags.team in ('a')", 'tags.team is not null'])
      expect(traceFilter({ filter })).toBe(`(${filter})`)
    expect(traceFilter({})).toBe('')
  })
})
