import { describe, expect, it } from 'vitest'
import { cardsOf, groupsOf } from './metric-cards.js'
import { linesDrawnMax, linesOf } from './metric-lines.js'

const named = (...names: readonly string[]) => names.map((name) => ({ name }))

describe('metrics that are there', () => {
  it('have cards in the order of the page', () => {
    const metrics = named('node_load1', 'http_requests_total', 'other_thing')
    expect(cardsOf(metrics).map(({ id }) => id)).toEqual(['requests', 'load'])
  })

  it('stand in groups by what they tell of', () => {
    expect(groupsOf(named('node_load1', 'fabrique_jobs', 'nodejs_x', 'my_metric'))).toEqual([
      { group: 'fabrique', names: ['fabrique_jobs'] },
      { group: 'process', names: ['nodejs_x'] },
      { group: 'machine', names: ['node_load1'] },
      { group: 'other', names: ['my_metric'] },
    ])
  })
})

describe('lines', () => {
  const line = (labels: Readonly<Record<string, string>>) => ({ labels, values: [1, null] })

  it('are called by the labels that tell them apart', () => {
    const items = [line({ status: '2xx', instance: 'a' }), line({ instance: 'a', status: '4xx' })]
    const lines = linesOf({ name: 'm', times: [0, 5], items })
    expect(lines.map(({ label, style, ys }) => [label, style.color, ys])).toEqual([
      ['2xx', 1, [1, null]],
      ['4xx', 2, [1, null]],
    ])
    expect(linesOf({ name: 'm', times: [], items: [line({ status: '2xx' })] })[0]?.label).toBe('2xx')
    expect(linesOf({ name: 'm', times: [], items: [line({})] })[0]?.label).toBe('m')
  })

  it('are drawn in the unit of their card', () => {
    expect(linesOf({ name: 'm', times: [], items: [line({})] }, 100)[0]?.ys).toEqual([0.01, null])
  })

  it('are as many as can be told apart', () => {
    const items = Array.from({ length: 30 }, (_, at) => line({ model: `m${at}` }))
    const lines = linesOf({ name: 'm', times: [], items })
    expect(lines).toHaveLength(linesDrawnMax)
    expect(new Set(lines.map(({ style }) => `${style.color} ${style.dash}`)).size).toBe(linesDrawnMax)
  })
})
