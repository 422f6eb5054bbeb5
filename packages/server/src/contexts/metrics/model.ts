import type { MetricKind } from '@fabrique/contract'
import type { Registry } from 'prom-client'

/** Seconds of the frames that are kept, the finest first. */
export const levels = [5, 60, 900] as const
export type Level = (typeof levels)[number]

/** A value that a process tells of itself now. */
export interface Sample {
  /** With `_bucket`, `_sum` or `_count` where it is a part of a histogram. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly kind: Exclude<MetricKind, 'histogram'>
  /** Null where it is no finite number. */
  readonly value: number | null
}

/** Of the machine and of Node only what a person looks at; of everything else all. */
const kept =
  /^node_(cpu_seconds_total|load(1|5|15)|memory_(MemTotal|MemFree|MemAvailable|Buffers|Cached|SReclaimable|SwapTotal|SwapFree)_bytes|filesystem_(avail|size)_bytes|network_(receive|transmit)_bytes_total|disk_(read|written)_bytes_total|pressure_(cpu_waiting|io_waiting|memory_waiting)_seconds_total)$/
const keptOfNode =
  /^(nodejs_(eventloop_lag_(p50|p99)_seconds|heap_size_(used|total)_bytes|external_memory_bytes)|process_(cpu_seconds_total|resident_memory_bytes|open_fds|start_time_seconds))$/

/** Sizes by address: many series that nobody looks at. */
const leftToPrometheus = /^http_(request|response)_size_bytes$/

export function isRecorded(name: string): boolean {
  if (leftToPrometheus.test(name)) return false
  if (name.startsWith('node_')) return kept.test(name)
  return /^(nodejs|process)_/.test(name) ? keptOfNode.test(name) : true
}

/** Of these there is one for each address of the server: they take no more than half of the places, so that others find some. */
export const isByAddress = (name: string) => name.startsWith('http_')

/** Counters of the machine go on when a process ends; all others begin with it, at zero. */
export const beginsWithProcess = (name: string) => !name.startsWith('node_')

type Told = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number]

/** What stands at `/metrics`, as far as there is a history of it. */
export function samplesOf(told: readonly Told[]): readonly Sample[] {
  return told.flatMap((metric) => {
    if (!isRecorded(metric.name)) return []
    // The type of the library is a number in its declarations and a word in its values.
    const type = String(metric.type)
    return metric.values.map((one): Sample => {
      const { value, labels } = one
      const name = 'metricName' in one && typeof one.metricName === 'string' ? one.metricName : metric.name
      const isQuantile = type === 'summary' && name === metric.name
      return {
        name,
        labels: textsOf(labels),
        kind: type === 'gauge' || isQuantile ? 'gauge' : 'counter',
        value: Number.isFinite(value) ? value : null,
      }
    })
  })
}

function textsOf(labels: Readonly<Partial<Record<string, string | number>>>): Readonly<Record<string, string>> {
  const names = Object.keys(labels).sort()
  return Object.fromEntries(
    names.map((name) => [name, name === 'le' ? canonicalBound(labels[name]) : heldText(String(labels[name]))]),
  )
}

/** What the database cannot hold is no reason to lose all that is written with it. */
const heldText = (text: string) => text.replaceAll('\0', '\ufffd').replaceAll(/\p{Surrogate}/gu, '\ufffd')

const canonicalBound = (bound: string | number | undefined) =>
  bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound)

/** The same for the same series; labels are in order. */
export const seriesKey = ({ name, labels }: Pick<Sample, 'name' | 'labels'>) => `${name} ${JSON.stringify(labels)}`
