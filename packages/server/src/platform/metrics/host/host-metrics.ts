import { readFile, statfs } from 'node:fs/promises'
import { arch, cpus, freemem, hostname, loadavg, machine, release, totalmem, type, uptime, version } from 'node:os'
import { Counter, Gauge, type Registry } from 'prom-client'
import { type Clock, limit } from '../../../kernel/index.js'
import * as read from './host-samples.js'

type HostSample = read.HostSample

/** The files that are read, and what makes samples of them. A file that this kernel does not have is left out. */
const sources: readonly (readonly [string, (text: string) => HostSample[]])[] = [
  ['stat', read.readStat],
  ['meminfo', read.readMeminfo],
  ['loadavg', read.readLoadavg],
  ['vmstat', read.readVmstat],
  ['schedstat', read.readSchedstat],
  ['sys/fs/file-nr', read.readFileNr],
  ['net/dev', (text) => read.readNetDev(text, limit('metrics.host_devices_max'))],
  ['diskstats', (text) => read.readDiskstats(text, limit('metrics.host_devices_max'))],
  ['net/snmp', read.readNetstat],
  ['net/netstat', read.readNetstat],
  ['net/sockstat', read.readSockstat],
  ['net/softnet_stat', read.readSoftnet],
  ['pressure/cpu', (text) => read.readPressure('cpu', text)],
  ['pressure/io', (text) => read.readPressure('io', text)],
  ['pressure/memory', (text) => read.readPressure('memory', text)],
  ['pressure/irq', (text) => read.readPressure('irq', text)],
]

const help: Readonly<Record<string, string>> = {
  node_boot_time_seconds: 'When this machine was started, in seconds since 1970.',
  node_cpu_seconds_total: 'Seconds that each processor spent in each mode.',
  node_filesystem_avail_bytes: 'Bytes of a file system that users may still take.',
  node_filesystem_size_bytes: 'Bytes of a file system.',
  node_load1: 'Load average over one minute.',
  node_load5: 'Load average over five minutes.',
  node_load15: 'Load average over fifteen minutes.',
  node_time_seconds: 'The clock of this machine, in seconds since 1970.',
  node_uname_info: 'The names of this machine, in labels.',
}

/** `node_disk_read_bytes_total` is what the kernel tells of "disk read bytes". */
const helpOf = (name: string): string =>
  help[name] ?? `Of this machine, as its kernel tells it: ${name.slice('node_'.length).replaceAll('_', ' ')}.`

/** What this machine tells of itself, with the names and labels of node_exporter. */
async function hostSamples(clock: Clock, root: string): Promise<HostSample[]> {
  const texts = await Promise.all(
    sources.map(async ([name, parse]) => {
      const text = await readFile(`${root}/${name}`, 'utf8').catch(() => undefined)
      return text === undefined ? [] : parse(text)
    }),
  )
  const found = texts.flat()
  const isLinux = found.length > 0
  const bootTime = Math.floor(clock.now().getTime() / 1000 - uptime())
  const machineWide = isLinux
    ? found
    : read.portableSamples({
        loads: loadavg(),
        memoryBytes: totalmem(),
        freeBytes: freemem(),
        bootTime,
        cpus: cpus().map(({ times }) => times),
      })
  const mounts = await readFile(`${root}/mounts`, 'utf8').catch(() => '')
  const fileSystems = await Promise.all(
    read
      .readMounts(mounts, limit('metrics.host_devices_max'))
      .map(async (mount) => read.fileSystemSamples(mount, await statfs(mount.mountpoint).catch(() => undefined))),
  )
  const names = {
    sysname: type(),
    release: release(),
    version: version(),
    machine: machine() || arch(),
    nodename: hostname(),
  }
  return [...machineWide, ...fileSystems.flat(), read.unameSample(names), read.timeSample(clock.now())]
}

/**
 * Adds what this machine tells of itself to what Prometheus reads, under node_exporter's names, so that its dashboards work on a server of
 * ours alone. It is read when Prometheus asks, at most every `metrics.host_refresh_ms`; a name is there from the first look that finds it.
 */
export async function addHostMetrics({ clock, registry, root = '/proc' }: HostMetricsOptions): Promise<void> {
  let samples = new Map<string, HostSample[]>()
  let nextAtMs = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  const look = async () => {
    const nowMs = clock.monotonicMs()
    if (nowMs < nextAtMs) return
    nextAtMs = nowMs + limit('metrics.host_refresh_ms')
    samples = group(await hostSamples(clock, root))
    for (const [name, [first]] of samples) {
      if (first !== undefined && registry.getSingleMetric(name) === undefined) addMetric(first)
    }
  }
  const currentOf = async (name: string) => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    await looking
    return samples.get(name) ?? []
  }
  const addMetric = ({ name, type, labels }: HostSample) => {
    const options = { name, help: helpOf(name), labelNames: Object.keys(labels), registers: [registry] }
    if (type === 'gauge') {
      const gauge: Gauge = new Gauge({
        ...options,
        async collect() {
          const current = await currentOf(name)
          gauge.reset()
          for (const sample of current) gauge.set(sample.labels, sample.value)
        },
      })
      return
    }
    // The kernel counts: what it says is the count.
    const counter: Counter = new Counter({
      ...options,
      async collect() {
        const current = await currentOf(name)
        counter.reset()
        for (const sample of current) counter.inc(sample.labels, sample.value)
      },
    })
  }
  await look()
}

export interface HostMetricsOptions {
  readonly clock: Clock
  readonly registry: Registry
  /** Where the files of the kernel are: `/proc` unless that of a host is mounted elsewhere in a container. */
  readonly root?: string
}

function group(samples: readonly HostSample[]): Map<string, HostSample[]> {
  const byName = new Map<string, HostSample[]>()
  for (const sample of samples) {
    const found = byName.get(sample.name)
    if (found === undefined) byName.set(sample.name, [sample])
    else found.push(sample)
  }
  return byName
}
