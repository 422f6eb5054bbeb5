import type { Job } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { curveGroups } from './curve-groups.js'
import { nameOfFile, uploadPattern } from './file-name.js'
import { bestOf } from './metrics.js'
import { readIntervals } from './read-intervals.js'
import { addStage, timeLeft } from './stage-log.js'

const job = (stage: string | undefined, state: Job['state'] = 'running'): Job => ({
  id: 'job_1',
  kind: 'training.train',
  subject: 'runs/1',
  state,
  ...(stage === undefined ? {} : { progress: { stage } }),
  reason: '',
  requested_by: 'ana',
  cancel_requested: false,
  attempts: 1,
  created_at: '2026-11-21T08:00:00.000Z',
})

describe('addStage', () => {
  it('notes each stage once, when it begins', () => {
    const stages = [job(undefined, 'queued'), job('read'), job('read'), job('fit'), job('fit', 'succeeded')]
    const seen = stages.reduce((before, one, at) => addStage(before, one, at), [] as ReturnType<typeof addStage>)
    expect(seen).toEqual([
      { stage: 'read', at: 1 },
      { stage: 'fit', at: 3 },
    ])
  })
})

describe('timeLeft', () => {
  const from = { stage: 'fit', done: 10, at: 0 }

  it('goes on as it went', () => {
    expect(timeLeft(from, { stage: 'fit', done: 30, at: 2000 }, 100)).toBe(7000)
    expect(timeLeft(from, { stage: 'fit', done: 100, at: 2000 }, 100)).toBe(0)
  })

  it('says nothing where nothing is known', () => {
    expect(timeLeft(undefined, from, 100)).toBeUndefined()
    expect(timeLeft(from, { stage: 'fit', done: 10, at: 5000 }, 100)).toBeUndefined()
    expect(timeLeft(from, { stage: 'fit', done: 30, at: 500 }, 100)).toBeUndefined()
    expect(timeLeft(from, { stage: 'folds', done: 30, at: 2000 }, 100)).toBeUndefined()
    expect(timeLeft(from, { stage: 'fit', done: 30, at: 2000 }, undefined)).toBeUndefined()
  })
})

describe('curveGroups', () => {
  const metric = (count: number) => ({ value: 1, step: count, timestamp_ms: 1, count })

  it('takes metrics with several values, training and validation together', () => {
    const metrics = { r2: metric(1), training_loss: metric(9), validation_loss: metric(9), violation: metric(3) }
    expect(curveGroups(metrics)).toEqual([
      { title: 'loss', names: ['training_loss', 'validation_loss'] },
      { title: 'violation', names: ['violation'] },
    ])
    expect(curveGroups({ training_loss: metric(2) })).toEqual([{ title: 'training_loss', names: ['training_loss'] }])
  })
})

describe('nameOfFile', () => {
  it('makes a name of a dataset, and none that the project declares', () => {
    expect(nameOfFile('Maisons à vendre (2026).csv.gz', [])).toBe('maisons-a-vendre-2026')
    expect(nameOfFile('diabetes.parquet', ['diabetes'])).toBe('diabetes-upload')
    expect(nameOfFile('__.csv', [])).toBe('data')
    expect([uploadPattern.test('a.CSV'), uploadPattern.test('a.jsonl.zst'), uploadPattern.test('a.xlsx')]).toEqual([
      true,
      true,
      false,
    ])
  })
})

describe('bestOf', () => {
  it('knows which way is better, and that values may be missing', () => {
    expect(bestOf('rmse', [3, undefined, 2])).toBe(2)
    expect(bestOf('r2', [0.3, Number.NaN, 0.5])).toBe(0.5)
    expect(bestOf('r2', [undefined])).toBeUndefined()
  })
})

describe('readIntervals', () => {
  it('reads ends by metric, and nothing else', () => {
    expect([...readIntervals('{"r2":{"low":0.1,"high":0.5},"note":"x","rmse":{"low":1}}')]).toEqual([
      ['r2', { low: 0.1, high: 0.5 }],
    ])
    expect([...readIntervals('{"metrics":{"r2":{"low":0,"high":1}}}')].length).toBe(1)
    for (const text of [undefined, '', 'null', '3', '{']) expect([...readIntervals(text)]).toEqual([])
  })
})
