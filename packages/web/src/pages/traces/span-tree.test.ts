import type { TraceSpan } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { lastEnd, spanBar, spanRows, splitAttributes } from './span-tree.js'

const span = (id: string, offset_ms: number, duration_ms?: number, parent_id?: string): TraceSpan => ({
  id,
  name: id,
  type: 'UNKNOWN',
  status: 'OK',
  offset_ms,
  attributes: {},
  events: [],
  ...(duration_ms === undefined ? {} : { duration_ms }),
  ...(parent_id === undefined ? {} : { parent_id }),
})
const spans = [
  span('root', 0, 10),
  span('late', 5, 2, 'root'),
  span('early', 1, 3, 'root'),
  span('leaf', 2, 1, 'early'),
]
const shape = (closed: readonly string[] = [], of = spans) =>
  spanRows(of, new Set(closed)).map((row) => `${row.depth} ${row.span.id} ${row.childCount}`)

describe('spanRows', () => {
  it('puts spans below their parents, by start', () => {
    expect(shape()).toEqual(['0 root 2', '1 early 1', '2 leaf 0', '1 late 0'])
  })

  it('leaves out what is below a closed span', () => {
    expect(shape(['early'])).toEqual(['0 root 2', '1 early 1', '1 late 0'])
  })

  it('puts a span whose parent is missing at the top', () => {
    expect(shape([], [span('a', 3, 1, 'gone'), span('b', 1, 1)])).toEqual(['0 b 0', '0 a 0'])
  })

  it('reads a chain deeper than the stack of calls', () => {
    const deep = Array.from({ length: 5000 }, (_, index) =>
      span(`s${index}`, index, 1, index === 0 ? undefined : `s${index - 1}`),
    )
    expect(spanRows(deep, new Set()).at(-1)?.depth).toBe(4999)
  })
})

describe('spanBar', () => {
  it('places bars within the whole', () => {
    const end = lastEnd(spans)
    expect(end).toBe(10)
    expect(spanBar(span('x', 5, 2), end)).toEqual({ left: 50, width: 20 })
    expect(spanBar(span('runs', 4), end)).toEqual({ left: 40, width: 60 })
    expect(spanBar(span('x', 0, 0), 0)).toEqual({ left: 0, width: 100 })
  })
})

describe('splitAttributes', () => {
  it('takes inputs and outputs out and orders the rest', () => {
    expect(
      splitAttributes({ attributes: { b: 1, 'mlflow.spanInputs': { q: 'x' }, 'mlflow.spanOutputs': 'y', a: null } }),
    ).toEqual({
      inputs: { q: 'x' },
      outputs: 'y',
      others: [
        ['a', null],
        ['b', 1],
      ],
    })
  })
})
