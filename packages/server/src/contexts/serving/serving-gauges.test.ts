import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { testClock } from '../../../test/support/test-clock.js'
import { limit } from '../../kernel/index.js'
import { silentLog } from '../../platform/index.js'
import type { AvailableModel, ServedStatistics } from './served-models.js'
import { addServingGauges } from './serving-gauges.js'

const none = { count: 0, ns: 0n }
const figures: ServedStatistics = {
  inferences: 30,
  executions: 4,
  success: none,
  fail: none,
  queue: { count: 10, ns: 500_000_000n },
  compute: { count: 10, ns: 2_000_000_000n },
  lastInference: undefined,
}

/** What Prometheus would read of these models. */
async function metricsOf(available: readonly AvailableModel[]): Promise<string> {
  const registry = new Registry()
  const statistics = ({ model }: { model: string }) => Promise.resolve([{ model, version: '2', figures }])
  addServingGauges({ clock: testClock(), log: silentLog }, { available: () => available, statistics }, registry)
  return registry.metrics()
}

test('versions by state, aliases, and what was computed', async () => {
  const text = await metricsOf([
    {
      model: 'iris',
      versions: [
        { version: '3', aliases: ['challenger'], state: 'failed', reason: 'broken' },
        { version: '2', aliases: ['champion'], state: 'ready' },
        { version: '1', aliases: [], state: 'available' },
      ],
    },
  ])
  expect(text).toContain('fabrique_model_versions{model="iris",state="ready"} 1\n')
  expect(text).toContain('fabrique_model_versions{model="iris",state="loading"} 0\n')
  expect(text).toContain('fabrique_model_versions{model="iris",state="failed"} 1\n')
  expect(text).toContain('fabrique_model_versions{model="iris",state="available"} 1\n')
  expect(text.match(/^fabrique_model_loaded\{.*/gm)).toEqual(['fabrique_model_loaded{model="iris",version="2"} 1'])
  expect(text).toContain('fabrique_model_alias{model="iris",alias="champion",version="2"} 1\n')
  expect(text).toContain('fabrique_model_alias{model="iris",alias="challenger",version="3"} 1\n')
  expect(text).toContain('fabrique_model_rows_total{model="iris",version="2"} 30\n')
  expect(text).toContain('fabrique_model_executions_total{model="iris",version="2"} 4\n')
  expect(text).toContain('fabrique_model_queue_seconds_total{model="iris",version="2"} 0.5\n')
  expect(text).toContain('fabrique_model_compute_seconds_total{model="iris",version="2"} 2\n')
})

test('are bounded', async () => {
  const version = (number: number) => ({ version: `${number}`, aliases: [`a${number}`], state: 'ready' as const })
  const versions = Array.from({ length: 300 }, (_, number) => version(number))
  const models = Array.from({ length: 300 }, (_, number) => ({ model: `m${number}`, versions: [version(1)] }))
  const max = limit('metrics.answerers_max')
  for (const text of [await metricsOf([{ model: 'many', versions }]), await metricsOf(models)]) {
    for (const name of ['loaded', 'alias', 'rows_total']) {
      const lines = text.match(new RegExp(`^fabrique_model_${name}\\{`, 'gm')) ?? []
      expect(lines.length).toBeLessThanOrEqual(max)
    }
    expect(text.match(/^fabrique_model_versions\{.*state="ready"/gm)?.length).toBeLessThanOrEqual(max)
  }
})
