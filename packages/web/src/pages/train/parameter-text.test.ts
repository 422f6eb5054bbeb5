import type { EstimatorParameter } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { parameterText, readParameter, sortParameters } from './parameter-text.js'

const spec = (part: Partial<EstimatorParameter>): EstimatorParameter => ({
  name: 'p',
  type: 'number',
  default: 1,
  nullable: false,
  choices: [],
  description: 'A parameter',
  ...part,
})

describe('readParameter', () => {
  it('reads numbers in both languages, within their bounds', () => {
    const alpha = spec({ min: 0, max: 10 })
    expect(readParameter(alpha, '0,5')).toEqual({ value: 0.5 })
    expect(readParameter(alpha, ' 1e-3 ')).toEqual({ value: 0.001 })
    expect(readParameter(alpha, 'much')).toEqual({ problem: { kind: 'number' } })
    expect(readParameter(alpha, '-1')).toEqual({ problem: { kind: 'least', bound: 0 } })
    expect(readParameter(alpha, '11')).toEqual({ problem: { kind: 'most', bound: 10 } })
    expect(readParameter(spec({ min: 0, is_min_open: true }), '0')).toEqual({ problem: { kind: 'above', bound: 0 } })
  })

  it('tells counts from shares', () => {
    expect(readParameter(spec({ type: 'integer', min: 1 }), '2.5')).toEqual({ problem: { kind: 'whole' } })
    const split = spec({ type: 'count_or_share', min: 2, choices: ['sqrt'], nullable: true })
    expect(readParameter(split, '0.3')).toEqual({ value: 0.3 })
    expect(readParameter(split, '3')).toEqual({ value: 3 })
    expect(readParameter(split, '1')).toEqual({ problem: { kind: 'least', bound: 2 } })
    expect(readParameter(split, '2.5')).toEqual({ problem: { kind: 'whole' } })
    expect(readParameter(split, 'sqrt')).toEqual({ value: 'sqrt' })
    expect(readParameter(split, 'Aucun')).toEqual({ value: null })
    expect(readParameter(spec({ type: 'integer' }), 'none')).toEqual({ problem: { kind: 'number' } })
  })

  it('reads words, lists and weights', () => {
    expect(readParameter(spec({ type: 'boolean', choices: ['auto'] }), 'false')).toEqual({ value: false })
    expect(readParameter(spec({ type: 'boolean', choices: ['auto'] }), 'auto')).toEqual({ value: 'auto' })
    expect(readParameter(spec({ type: 'choice', choices: ['l1'] }), 'l3')).toEqual({ problem: { kind: 'choice' } })
    const layers = spec({ type: 'integers', min: 1 })
    expect(readParameter(layers, '[100, 50]')).toEqual({ value: [100, 50] })
    expect(readParameter(layers, '100;50')).toEqual({ value: [100, 50] })
    expect(readParameter(layers, '100, half')).toEqual({ problem: { kind: 'list' } })
    expect(readParameter(layers, '0')).toEqual({ problem: { kind: 'least', bound: 1 } })
    const weights = spec({ type: 'weights', min: 0 })
    expect(readParameter(weights, 'yes=2; a=b = 1,5')).toEqual({ value: { yes: 2, 'a=b': 1.5 } })
    expect(readParameter(weights, 'yes')).toEqual({ problem: { kind: 'weights' } })
    expect(readParameter(weights, 'yes=-1')).toEqual({ problem: { kind: 'least', bound: 0 } })
  })

  it('reads what it writes', () => {
    const weights = { 'no, never': 0.5, yes: 2 }
    expect(readParameter(spec({ type: 'weights' }), parameterText(weights))).toEqual({ value: weights })
    expect(readParameter(spec({ type: 'integers' }), parameterText([64, 32]))).toEqual({ value: [64, 32] })
    expect(readParameter(spec({ nullable: true }), parameterText(null))).toEqual({ value: null })
  })
})

describe('sortParameters', () => {
  const search = { low: 0, high: 1, is_log: false }

  it('shows what a search would try first, folds the rest, and leaves the seed out', () => {
    const all = [
      spec({ name: 'n', search }),
      spec({ name: 'class_weight', type: 'weights', nullable: true, choices: ['balanced'] }),
      spec({ name: 'tol' }),
      spec({ name: 'max_iter' }),
      spec({ name: 'loss', type: 'choice', choices: ['log_loss'] }),
      spec({ name: 'random_state' }),
    ]
    const { first, others } = sortParameters(all)
    expect(first.map(({ name }) => name)).toEqual(['n', 'class_weight'])
    expect(others.map(({ name }) => name)).toEqual(['tol', 'max_iter', 'loss'])
  })

  it('folds nothing where there are few', () => {
    expect(sortParameters([spec({ name: 'tol' }), spec({ name: 'alpha', search })]).others).toEqual([])
  })
})
