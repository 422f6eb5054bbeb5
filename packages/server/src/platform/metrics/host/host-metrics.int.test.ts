import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { addHostMetrics } from './host-metrics.js'

/** What the two top rows of the dashboard "Node Exporter Full" read, without what kernels without pressure figures lack. */
const topRows = [
  'node_boot_time_seconds',
  'node_cpu_seconds_total',
  'node_filesystem_avail_bytes',
  'node_filesystem_size_bytes',
  'node_load1',
  'node_memory_Buffers_bytes',
  'node_memory_Cached_bytes',
  'node_memory_MemAvailable_bytes',
  'node_memory_MemFree_bytes',
  'node_memory_MemTotal_bytes',
  'node_memory_SReclaimable_bytes',
  'node_memory_SwapFree_bytes',
  'node_memory_SwapTotal_bytes',
  'node_network_receive_bytes_total',
  'node_network_transmit_bytes_total',
  'node_time_seconds',
  'node_uname_info',
]

function clockAt(start: number) {
  let ms = start
  return { now: () => new Date(ms), monotonicMs: () => ms, pass: (more: number) => (ms += more) }
}

test.runIf(process.platform === 'linux')('this machine is told under the names of node_exporter', async () => {
  const registry = new Registry()
  await addHostMetrics({ clock: clockAt(1_700_000_000_000), registry })
  const text = await registry.metrics()
  for (const name of topRows) expect(text).toMatch(new RegExp(`^${name}[ {].*\\d`, 'm'))
  expect(text).toContain('node_time_seconds 1700000000')
  expect(text).toMatch(
    /^node_uname_info\{sysname="Linux",release="[^"]+",.*nodename="[^"]+",domainname="\(none\)"\} 1$/m,
  )
  expect(text).toMatch(/^node_filesystem_size_bytes\{device="[^"]*",mountpoint="\/",/m)
  expect(text.match(/^# TYPE node_cpu_seconds_total counter$/gm)).toHaveLength(1)
})

test('the files are read again after a second, and what comes later is told from then on', async () => {
  const root = await mkdtemp(join(tmpdir(), 'fabrique-proc-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await writeFile(join(root, 'loadavg'), '0.50 1.25 2.00 3/400 5\n')
  const clock = clockAt(0)
  const registry = new Registry()
  await addHostMetrics({ clock, registry, root })
  expect(await registry.metrics()).toMatch(/^node_load1 0\.5$/m)
  await writeFile(join(root, 'loadavg'), '4 1.25 2.00 3/400 5\n')
  await writeFile(join(root, 'meminfo'), 'MemTotal: 2 kB\n')
  expect(await registry.metrics()).toMatch(/^node_load1 0\.5$/m)
  clock.pass(1001)
  await registry.metrics()
  const later = await registry.metrics()
  expect(later).toMatch(/^node_load1 4$/m)
  expect(later).toMatch(/^node_memory_MemTotal_bytes 2048$/m)
})
