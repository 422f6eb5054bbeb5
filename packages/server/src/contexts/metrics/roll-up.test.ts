import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { isRecorded, samplesOf, seriesKey } from './model.js'
import { type Frame, RollUp } from './roll-up.js'

const fine = (second: number, value: Frame['value']): Frame => ({
  at: new Date(second * 1000),
  step_s: 5,
  seen_s: 5,
  value,
})

/** Frames of a minute that follow from fine ones, at second and values. */
function rolled(frames: readonly Frame[], kinds: readonly ('counter' | 'gauge')[], names: readonly string[] = []) {
  const rollUp = new RollUp(60, (index) => {
    const kind = kinds[index]
    return kind === undefined ? undefined : { name: names[index] ?? 'some_total', kind }
  })
  return frames.flatMap((frame, at) => rollUp.add(frame, frames[at - 1]) ?? [])
}

describe('what is read of a registry', () => {
  test('are values with their labels in order, parts of histograms as counters', async () => {
    const registry = new Registry()
    const registers = [registry]
    new Gauge({ name: 'g', help: 'g', labelNames: ['b', 'a'], registers }).set({ b: '2', a: '1' }, Number.NaN)
    new Counter({ name: 'c_total', help: 'c', registers }).inc(3)
    new Histogram({ name: 'h', help: 'h', buckets: [0.5], registers }).observe(0.1)
    new Summary({ name: 's', help: 's', percentiles: [], registers }).observe(7)
    new Gauge({ name: 'node_vmstat_pgfault', help: 'n', registers }).set(1)
    const samples = samplesOf(await registry.getMetricsAsJSON())
    expect(samples.map((one) => [seriesKey(one), one.kind, one.value])).toEqual([
      ['g {"a":"1","b":"2"}', 'gauge', null],
      ['c_total {}', 'counter', 3],
      ['h_bucket {"le":"0.5"}', 'counter', 1],
      ['h_bucket {"le":"+Inf"}', 'counter', 1],
      ['h_sum {}', 'counter', 0.1],
      ['h_count {}', 'counter', 1],
      ['s_sum {}', 'counter', 7],
      ['s_count {}', 'counter', 1],
    ])
  })

  test('of the machine are what a person looks at', () => {
    for (const name of ['node_load1', 'node_cpu_seconds_total', 'process_open_fds', 'fabrique_jobs', 'anything_else']) {
      expect([name, isRecorded(name)]).toEqual([name, true])
    }
    for (const name of [
      'http_request_size_bytes',
      'node_netstat_Ip_InReceives',
      'nodejs_gc_duration_seconds',
      'process_virtual_memory_bytes',
    ]) {
      expect([name, isRecorded(name)]).toEqual([name, false])
    }
  })
})

describe('a minute', () => {
  test('has the mean of a gauge with its ends, and the increase of a counter since the minute before', () => {
    const frames = [fine(55, [10, 100]), fine(60, [20, 110]), fine(90, [40, 130]), fine(120, [0, 131])]
    expect(rolled(frames, ['gauge', 'counter'])).toEqual([
      { at: new Date(0), step_s: 60, seen_s: 0, value: [10], low: [10], high: [10] },
      { at: new Date(60_000), step_s: 60, seen_s: 35, value: [30, 30], low: [20, null], high: [40, null] },
    ])
  })

  test('counts from zero where a process began again, or a series is new', () => {
    const frames = [fine(0, [100, null]), fine(5, [3, 4]), fine(10, [5, 6]), fine(60, [5, 6])]
    expect(rolled(frames, ['counter', 'counter'])[0]?.value).toEqual([5, 6])
    // A counter of the machine that is new was not counted from zero.
    expect(rolled(frames, ['counter', 'counter'], ['c_total', 'node_cpu_seconds_total'])[0]?.value).toEqual([5, 2])
  })

  test('knows nothing of what grew while nothing was written', () => {
    const frames = [fine(0, [100]), fine(61, [500]), fine(66, [501]), fine(120, [501])]
    expect(rolled(frames, ['counter']).map(({ value, seen_s }) => [value, seen_s])).toEqual([
      [[], 0],
      [[1], 5],
    ])
  })
})
