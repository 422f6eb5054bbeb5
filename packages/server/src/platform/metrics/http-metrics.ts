import { Counter, collectDefaultMetrics, Histogram, Registry, Summary } from 'prom-client'

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

export interface HttpMetrics {
  readonly registry: Registry
  observe(request: ObservedRequest): void
}

/**
 * Names, labels and buckets of prometheus-fastapi-instrumentator 8, so that its dashboards work unchanged, and the usual
 * `process_*` metrics. Status is grouped (`2xx`).
 */
export function makeHttpMetrics(): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Total number of requests by method, status and handler.',
    labelNames: ['handler', 'method', 'status'],
    registers: [registry],
  })
  // Sum and count only: an empty list of quantiles.
  const requestSize = new Summary({
    name: 'http_request_size_bytes',
    help: 'Content length of incoming requests by handler.',
    labelNames: ['handler'],
    percentiles: [],
    registers: [registry],
  })
  const responseSize = new Summary({
    name: 'http_response_size_bytes',
    help: 'Content length of outgoing responses by handler.',
    labelNames: ['handler'],
    percentiles: [],
    registers: [registry],
  })
  const durationFine = new Histogram({
    name: 'http_request_duration_highr_seconds',
    help: 'Latency with many buckets but no API specific labels.',
    buckets: [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Latency with only few buckets by handler.',
    labelNames: ['handler', 'method'],
    buckets: [0.1, 0.5, 1],
    registers: [registry],
  })
  return {
    registry,
    observe({ handler, method, status, durationSeconds, requestBytes, responseBytes }) {
      requests.inc({ handler, method, status: `${Math.floor(status / 100)}xx` })
      requestSize.observe({ handler }, requestBytes)
      responseSize.observe({ handler }, responseBytes)
      durationFine.observe(durationSeconds)
      duration.observe({ handler, method }, durationSeconds)
    },
  }
}
