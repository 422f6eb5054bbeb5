import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { makeHttpMetrics } from '../platform/index.js'
import { addMetrics } from './metrics.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

interface DescribedMetric {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
  readonly help: string
}

interface Generator {
  describeMetrics(parts: object): Promise<readonly DescribedMetric[]>
  renderMetrics(metrics: readonly DescribedMetric[]): string
}

const generator: Promise<Generator> = import(pathToFileURL(join(root, 'scripts/generate-docs.mjs')).href)

test('docs/metrics.md lists every metric', async () => {
  const { describeMetrics, renderMetrics } = await generator
  const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
  const metrics = await describeMetrics({ makeHttpMetrics, addMetrics })
  expect(page === renderMetrics(metrics), 'run npm run build && node scripts/generate-docs.mjs').toBe(true)
  for (const { name } of metrics) expect(page).toContain(`| \`${name}\` |`)
  const added = { name: 'fabrique_new_total', type: 'counter', labels: ['a'], help: 'New' }
  expect(renderMetrics([...metrics, added])).toContain('| `fabrique_new_total` | counter | `a` | New |')
})

test('every metric has a help, a unit that Prometheus counts in, and a bounded set of labels', async () => {
  const { describeMetrics } = await generator
  for (const { name, type, labels, help } of await describeMetrics({ makeHttpMetrics, addMetrics })) {
    expect(help.length, name).toBeGreaterThan(10)
    expect(name.endsWith('_total'), name).toBe(type === 'counter')
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|count|sum|bucket|info)$/)
    expect(labels.length, name).toBeLessThanOrEqual(6)
    expect(labels, name).not.toContain('le')
  }
})
