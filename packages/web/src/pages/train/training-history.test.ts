import type { Training } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { startsDay, timeMarks } from '../../components/reports/time-marks.js'
import { bestPoint, historyLines, historyMetrics } from './history-lines.js'
import { historyTexts } from './training-history-texts.js'

const training = (run_id: string, minute: number, more: Partial<Training> = {}): Training => ({
  run_id,
  run_name: run_id,
  status: 'FINISHED',
  dataset: 'houses',
  snapshot_id: 'snap_1',
  target: 'price',
  task: 'regression',
  estimator: 'ridge',
  aliases: [],
  metrics: { r2: minute / 100, rmse: 100 - minute },
  started_at: '2026-03-01T10:00:00.000Z',
  ended_at: new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString(),
  requested_by: 'local',
  ...more,
})
const plain = (kind: string) => kind

describe('lines of the history', () => {
  it('are of a model name, or of an estimator without one, the one trained last first', () => {
    const lines = historyLines(
      [training('c', 3), training('b', 2, { model: 'houses' }), training('a', 1)],
      'r2',
      (kind) => kind.toUpperCase(),
    )
    expect(lines.map(({ name, points }) => [name, points.map((point) => point.training.run_id)])).toEqual([
      ['RIDGE', ['a', 'c']],
      ['houses', ['b']],
    ])
  })

  it('are apart where data or target differ', () => {
    const lines = historyLines([training('b', 2, { dataset: 'flats' }), training('a', 1)], 'r2', plain)
    expect(lines.map(({ name }) => name)).toEqual(['ridge (flats → price)', 'ridge (houses → price)'])
  })

  it('leave out trainings without the metric or an end', () => {
    const { ended_at: _, ...open } = training('b', 2)
    expect(historyLines([open, training('a', 1, { metrics: { mae: 3 } })], 'r2', plain)).toEqual([])
  })

  it('know the best: the greatest, or the smallest of an error', () => {
    const trainings = [training('c', 3), training('b', 3), training('a', 1)]
    const best = (metric: string) => bestPoint(historyLines(trainings, metric, plain), metric)?.point.value
    expect([best('r2'), best('rmse')]).toEqual([0.03, 97])
    expect(bestPoint([], 'r2')).toBeUndefined()
  })

  it('have the metrics of what was trained last first', () => {
    const metrics = { accuracy: 1, log_loss: 1, cv_accuracy_std: 1, own: 1 }
    const trainings = [training('b', 2, { task: 'classification', metrics }), training('a', 1)]
    expect(historyMetrics(trainings)).toEqual(['accuracy', 'log_loss', 'r2', 'rmse', 'own'])
    expect(historyMetrics([...trainings].reverse())).toEqual(['r2', 'rmse', 'accuracy', 'log_loss', 'own'])
  })
})

describe('marks of time', () => {
  const at = (text: string) => Date.parse(text) / 1000
  const texts = (marks: readonly number[]) => marks.map((mark) => new Date(mark * 1000).toISOString().slice(5, 16))

  it('are round, in local time', () => {
    const [low, high] = [at('2026-03-01T22:10:00Z'), at('2026-03-04T05:00:00Z')]
    expect(texts(timeMarks([low, high], 3, 0))).toEqual(['03-02T00:00', '03-03T00:00', '03-04T00:00'])
    expect(texts(timeMarks([low, high], 3, 7200))).toEqual(['03-01T22:00', '03-02T22:00', '03-03T22:00'].slice(1))
    expect(texts(timeMarks([low, low + 90], 3, 0))).toEqual([
      '03-01T22:10',
      '03-01T22:10',
      '03-01T22:11',
      '03-01T22:11',
    ])
    expect(timeMarks([0, 40 * 365 * 86_400], 5, 0)).toHaveLength(6)
  })

  it('tell the day where it begins', () => {
    const marks = [at('2026-03-01T18:00:00Z'), at('2026-03-02T00:00:00Z'), at('2026-03-02T06:00:00Z')]
    expect(marks.map((mark) => startsDay(mark, marks, 0))).toEqual([true, true, false])
  })
})

describe('texts of the history', () => {
  it('are French with its typography', () => {
    const { fr, en } = historyTexts
    expect(Object.keys(fr)).toEqual(Object.keys(en))
    const texts = [
      ...Object.values(fr).filter((text) => typeof text === 'string'),
      fr.newest('200'),
      fr.lines('12', '20'),
      fr.point({ line: 'a', run: 'b', value: '1', when: 'c' }),
      fr.caption({ metric: 'R²', count: 1, best: 'a', value: '1' }),
      fr.caption({ metric: 'R²', count: 2, best: 'a', value: '1' }),
    ]
    for (const text of texts) expect(text).not.toMatch(/[^\u202f][:;!?]|'|\.\.\./u)
  })
})
