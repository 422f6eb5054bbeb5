import { Counter, Histogram, Registry, Summary } from 'prom-client'
import { expect, test } from 'vitest'
import { type ObservedRequest, tallyRequests } from './request-tally.js'

/** The same with the counters of the library. */
function countByLibrary(registry: Registry): (request: ObservedRequest) => void {
  const registers = [registry]
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Total number of requests by method, status and handler.',
    labelNames: ['handler', 'method', 'status'],
    registers,
  })
  const sizes = (['request', 'response'] as const).map(
    (part) =>
      new Summary({
        name: `http_${part}_size_bytes`,
        help: `Content length of ${part === 'request' ? 'incoming requests' : 'outgoing responses'} by handler.`,
        labelNames: ['handler'],
        percentiles: [],
        registers,
      }),
  )
  const fine = new Histogram({
    name: 'http_request_duration_highr_seconds',
    help: 'Latency with many buckets but no API specific labels.',
    buckets: [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60],
    registers,
  })
  const few = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Latency with only few buckets by handler.',
    labelNames: ['handler', 'method'],
    buckets: [0.1, 0.5, 1],
    registers,
  })
  return ({ handler, method, status, durationSeconds, requestBytes, responseBytes }) => {
    requests.inc({ handler, method, status: `${Math.floor(status / 100)}xx` })
    sizes[0]?.observe({ handler }, requestBytes)
    sizes[1]?.observe({ handler }, responseBytes)
    fine.observe(durationSeconds)
    few.observe({ handler, method }, durationSeconds)
  }
}

/** The lines without the order of labels and of label sets. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join()}}`))
    .sort()
}

test.each([Registry.PROMETHEUS_CONTENT_TYPE, Registry.OPENMETRICS_CONTENT_TYPE])(
  'a registry tells the same as with counters of its own, as %s',
  async (type) => {
    const [ours, theirs] = [new Registry(), new Registry()]
    for (const registry of [ours, theirs]) registry.setContentType(type as never)
    const counts = [tallyRequests(ours), countByLibrary(theirs)]
    for (let number = 0; number < 500; number += 1) {
      const request = {
        handler: number % 7 === 0 ? '/predict' : `/api/${number % 3}`,
        method: number % 2 === 0 ? 'GET' : 'POST',
        status: [200, 201, 404, 503][number % 4] ?? 200,
        // Some on a bound, some beyond the last; sums without a rounding.
        durationSeconds: [0.5, 1, 0.25, 2, 64, 0.0078125][number % 6] ?? 0,
        requestBytes: number,
        responseBytes: 3 * number,
      }
      for (const count of counts) count(request)
    }
    expect(linesOf(await ours.metrics())).toEqual(linesOf(await theirs.metrics()))
    const values = async (registry: Registry) =>
      (await registry.getMetricsAsJSON()).map(({ name, type: kind }) => [name, kind])
    expect(await values(ours)).toEqual(await values(theirs))
  },
)
