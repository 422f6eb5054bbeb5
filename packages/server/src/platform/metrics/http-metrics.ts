import { collectDefaultMetrics, Registry } from 'prom-client'
import { type ObservedRequest, tallyRequests } from './request-tally.js'

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
  return { registry, observe: tallyRequests(registry) }
}
