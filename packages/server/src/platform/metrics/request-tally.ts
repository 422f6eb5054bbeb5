import { Counter, Gauge, Registry } from 'prom-client'

/** What is known of one answered request. */
export interface ObservedRequest {
  /** Template of the route, as `/api/v1/runs/:run`; `none` where no route matched. */
  readonly handler: string
  readonly method: string
  readonly status: number
  readonly durationSeconds: number
  readonly requestBytes: number
  readonly responseBytes: number
}

/** Upper bounds, in seconds. */
const fineBounds = [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60]
const bounds = [0.1, 0.5, 1]

/** Durations by bucket, one more than bounds; what is in one is in none of the others. */
class Durations {
  readonly counts: Float64Array
  sum = 0
  private readonly bounds: readonly number[]

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  add(seconds: number): void {
    let bucket = 0
    while (bucket < this.bounds.length && seconds > (this.bounds[bucket] ?? 0)) bucket += 1
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += seconds
  }

  values(name: string, labels: Labels): Value[] {
    let count = 0
    const buckets = Array.from(this.counts, (added, bucket): Value => {
      count += added
      return { metricName: `${name}_bucket`, labels: { le: this.bounds[bucket] ?? '+Inf', ...labels }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}

type Labels = Readonly<Record<string, string | number>>

interface Value {
  readonly metricName?: string
  readonly labels: Labels
  readonly value: number
}

/** Requests of one route and method. */
interface Tally {
  readonly handler: string
  readonly method: string
  /** By hundred of the status. */
  readonly statuses: Float64Array
  readonly durations: Durations
  requestBytes: number
  responseBytes: number
}

interface Described {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'summary' | 'histogram'
  values(): readonly Value[]
}

/**
 * Counts requests in plain numbers, which a registry reads when it is asked: its own counters look all their labels up for each request, in which
 * they would take longer than the rest of what is done for it here.
 */
export function tallyRequests(registry: Registry): (request: ObservedRequest) => void {
  const byHandler = new Map<string, Map<string, Tally>>()
  const all = new Durations(fineBounds)
  /** Most requests are of the route of the one before. */
  let newest: Tally | undefined

  const tallyOf = (handler: string, method: string): Tally => {
    if (newest?.handler === handler && newest.method === method) return newest
    const methods = byHandler.get(handler) ?? new Map<string, Tally>()
    byHandler.set(handler, methods)
    newest = methods.get(method)
    if (newest === undefined) {
      const none = { requestBytes: 0, responseBytes: 0 }
      newest = { handler, method, statuses: new Float64Array(10), durations: new Durations(bounds), ...none }
      methods.set(method, newest)
    }
    return newest
  }
  const tallies = () => [...byHandler.values()].flatMap((methods) => [...methods.values()])

  const sizes = (name: string, read: (tally: Tally) => number) => () =>
    [...byHandler].flatMap(([handler, methods]): Value[] => {
      const list = [...methods.values()]
      const sum = list.reduce((total, tally) => total + read(tally), 0)
      const count = list.reduce((total, { statuses }) => total + statuses.reduce((left, right) => left + right, 0), 0)
      return [
        { metricName: `${name}_sum`, labels: { handler }, value: sum },
        { metricName: `${name}_count`, labels: { handler }, value: count },
      ]
    })

  const described: readonly Described[] = [
    {
      name: 'http_requests_total',
      help: 'Total number of requests by method, status and handler.',
      type: 'counter',
      values: () =>
        tallies().flatMap(({ handler, method, statuses }) =>
          Array.from(statuses, (value, hundred) => ({
            labels: { handler, method, status: `${hundred}xx` },
            value,
          })).filter(({ value }) => value > 0),
        ),
    },
    {
      name: 'http_request_size_bytes',
      help: 'Content length of incoming requests by handler.',
      type: 'summary',
      values: sizes('http_request_size_bytes', ({ requestBytes }) => requestBytes),
    },
    {
      name: 'http_response_size_bytes',
      help: 'Content length of outgoing responses by handler.',
      type: 'summary',
      values: sizes('http_response_size_bytes', ({ responseBytes }) => responseBytes),
    },
    {
      name: 'http_request_duration_highr_seconds',
      help: 'Latency with many buckets but no API specific labels.',
      type: 'histogram',
      values: () => all.values('http_request_duration_highr_seconds', {}),
    },
    {
      name: 'http_request_duration_seconds',
      help: 'Latency with only few buckets by handler.',
      type: 'histogram',
      values: () =>
        tallies().flatMap(({ handler, method, durations }) =>
          durations.values('http_request_duration_seconds', { handler, method }),
        ),
    },
  ]
  for (const one of described) registry.registerMetric(readMetric(one, registry))

  return ({ handler, method, status, durationSeconds, requestBytes, responseBytes }) => {
    const tally = tallyOf(handler, method)
    const hundred = Math.floor(status / 100)
    tally.statuses[hundred] = (tally.statuses[hundred] ?? 0) + 1
    tally.durations.add(durationSeconds)
    tally.requestBytes += requestBytes
    tally.responseBytes += responseBytes
    all.add(durationSeconds)
  }
}

/** A metric of a registry that says what is counted here when it is read. */
function readMetric({ name, help, type, values }: Described, registry: Registry) {
  const options = { name, help, registers: [] }
  return Object.assign(type === 'counter' ? new Counter(options) : new Gauge(options), {
    get: async () => {
      // The registry puts the end of a name of a counter there itself.
      const isOpen = type === 'counter' && registry.contentType !== Registry.PROMETHEUS_CONTENT_TYPE
      return { name: isOpen ? name.replace(/_total$/, '') : name, help, type, aggregator: 'sum', values: values() }
    },
  })
}
