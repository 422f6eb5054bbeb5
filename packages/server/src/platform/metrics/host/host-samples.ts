/** One value of a metric of this machine, under the name that node_exporter gives it. */
export interface HostSample {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Sample = (name: string, value: number, labels?: HostSample['labels']) => HostSample

const counter: Sample = (name, value, labels = {}) => ({ name, type: 'counter', labels, value })
const gauge: Sample = (name, value, labels = {}) => ({ name, type: 'gauge', labels, value })

/** The kernel tells times of processors in hundredths of a second, whatever its own clock is. */
const ticksPerSecond = 100
const kibibyte = 1024
/** Of /proc/diskstats, whatever the disk has. */
const sectorBytes = 512
const pageBytes = 4096

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')
const wordsOf = (line: string): string[] => line.trim().split(/\s+/)
const numberAt = (words: readonly string[], index: number): number => Number(words[index] ?? Number.NaN)

/** Drops what the text did not hold: an absent series is better than one of NaN. */
const known = (samples: readonly HostSample[]): HostSample[] => samples.filter(({ value }) => Number.isFinite(value))

const cpuModes = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const

/** /proc/stat. */
export function readStat(text: string): HostSample[] {
  const lines = linesOf(text).map(wordsOf)
  const single = (key: string): number => numberAt(lines.find(([name]) => name === key) ?? [], 1)
  const cpus = lines.flatMap((words) => {
    const cpu = /^cpu(\d+)$/.exec(words[0] ?? '')?.[1]
    if (cpu === undefined) return []
    return [
      ...cpuModes.map((mode, index) =>
        counter('node_cpu_seconds_total', numberAt(words, index + 1) / ticksPerSecond, { cpu, mode }),
      ),
      counter('node_cpu_guest_seconds_total', numberAt(words, 9) / ticksPerSecond, { cpu, mode: 'user' }),
      counter('node_cpu_guest_seconds_total', numberAt(words, 10) / ticksPerSecond, { cpu, mode: 'nice' }),
    ]
  })
  return known([
    ...cpus,
    gauge('node_boot_time_seconds', single('btime')),
    counter('node_context_switches_total', single('ctxt')),
    counter('node_intr_total', single('intr')),
    counter('node_forks_total', single('processes')),
    gauge('node_procs_running', single('procs_running')),
    gauge('node_procs_blocked', single('procs_blocked')),
  ])
}

/** /proc/meminfo: each line under its own name; those with a unit in bytes. */
export function readMeminfo(text: string): HostSample[] {
  return known(
    linesOf(text).flatMap((line) => {
      const parts = /^([^:]+):\s+(\d+)(\s+kB)?$/.exec(line.trim())
      if (parts === null) return []
      const [, key = '', value, unit] = parts
      const name = key.replace(/\((.*)\)/, '_$1').replace(/\W/g, '_')
      return unit === undefined
        ? [gauge(`node_memory_${name}`, Number(value))]
        : [gauge(`node_memory_${name}_bytes`, Number(value) * kibibyte)]
    }),
  )
}

/** /proc/loadavg. */
export function readLoadavg(text: string): HostSample[] {
  const words = wordsOf(text)
  return known(['node_load1', 'node_load5', 'node_load15'].map((name, index) => gauge(name, numberAt(words, index))))
}

const received = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast']
const transmitted = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed']

/** /proc/net/dev. */
export function readNetDev(text: string, devicesMax: number): HostSample[] {
  const devices = linesOf(text).flatMap((line) => {
    const parts = /^\s*([^:\s]+):(.*)$/.exec(line)
    return parts === null ? [] : [{ device: parts[1] ?? '', words: wordsOf(parts[2] ?? '') }]
  })
  return known(
    devices
      .slice(0, devicesMax)
      .flatMap(({ device, words }) => [
        ...received.map((what, index) =>
          counter(`node_network_receive_${what}_total`, numberAt(words, index), { device }),
        ),
        ...transmitted.map((what, index) =>
          counter(`node_network_transmit_${what}_total`, numberAt(words, received.length + index), { device }),
        ),
      ]),
  )
}

/** Partitions and what is made of files: their disks are counted already. */
const partitions = /^(z?ram|loop|fd|(h|s|v|xv)d[a-z]+|nvme\d+n\d+p)\d+$/

/** /proc/diskstats. */
export function readDiskstats(text: string, devicesMax: number): HostSample[] {
  const disks = linesOf(text)
    .map(wordsOf)
    .filter(([, , device = '']) => device !== '' && !partitions.test(device))
  return known(
    disks.slice(0, devicesMax).flatMap((words) => {
      const device = words[2] ?? ''
      const at = (index: number) => numberAt(words, index + 3)
      const total = (what: string, value: number) => counter(`node_disk_${what}_total`, value, { device })
      return [
        total('reads_completed', at(0)),
        total('reads_merged', at(1)),
        total('read_bytes', at(2) * sectorBytes),
        total('read_time_seconds', at(3) / 1000),
        total('writes_completed', at(4)),
        total('writes_merged', at(5)),
        total('written_bytes', at(6) * sectorBytes),
        total('write_time_seconds', at(7) / 1000),
        gauge('node_disk_io_now', at(8), { device }),
        total('io_time_seconds', at(9) / 1000),
        total('io_time_weighted_seconds', at(10) / 1000),
        total('discards_completed', at(11)),
        total('discards_merged', at(12)),
        total('discarded_sectors', at(13)),
        total('discard_time_seconds', at(14) / 1000),
        total('flush_requests', at(15)),
        total('flush_requests_time_seconds', at(16) / 1000),
      ]
    }),
  )
}

const pressures = {
  cpu: { some: 'waiting' },
  io: { some: 'waiting', full: 'stalled' },
  memory: { some: 'waiting', full: 'stalled' },
  irq: { full: 'stalled' },
} as const

export type PressureKind = keyof typeof pressures

/** /proc/pressure/KIND. */
export function readPressure(kind: PressureKind, text: string): HostSample[] {
  const words: Readonly<Record<string, string>> = pressures[kind]
  return known(
    linesOf(text).flatMap((line) => {
      const parts = /^(some|full) .*total=(\d+)/.exec(line)
      const state = words[parts?.[1] ?? '']
      return parts === null || state === undefined
        ? []
        : [counter(`node_pressure_${kind}_${state}_seconds_total`, Number(parts[2]) / 1e6)]
    }),
  )
}

const keptVmstat = /^(oom_kill|pgpg|pswp|pg.*fault)/

/** /proc/vmstat: paging, swapping, faults and kills for want of memory. */
export function readVmstat(text: string): HostSample[] {
  return known(
    linesOf(text)
      .map(wordsOf)
      .filter(([key = '']) => keptVmstat.test(key))
      .map((words) => gauge(`node_vmstat_${words[0]}`, numberAt(words, 1))),
  )
}

const keptNetstat = new RegExp(
  [
    '^(.*_(InErrors|InErrs)',
    'Ip_Forwarding',
    'Ip(6|Ext)_(InOctets|OutOctets)',
    'Icmp6?_(InMsgs|OutMsgs)',
    'TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)',
    'Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)',
    'Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$',
  ].join('|'),
)

/** /proc/net/snmp and /proc/net/netstat: a line of names before each line of values. */
export function readNetstat(text: string): HostSample[] {
  const lines = linesOf(text).map(wordsOf)
  const samples: HostSample[] = []
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const [names = [], values = []] = [lines[index], lines[index + 1]]
    const protocol = names[0]?.replace(':', '')
    names.forEach((name, at) => {
      const key = `${protocol}_${name}`
      if (at > 0 && keptNetstat.test(key)) samples.push(gauge(`node_netstat_${key}`, numberAt(values, at)))
    })
  }
  return known(samples)
}

/** /proc/net/sockstat. */
export function readSockstat(text: string): HostSample[] {
  return known(
    linesOf(text).flatMap((line) => {
      const [title = '', ...words] = wordsOf(line)
      const protocol = title.replace(':', '')
      return words.flatMap((key, index) => {
        if (index % 2 === 1) return []
        const value = numberAt(words, index + 1)
        const own = gauge(`node_sockstat_${protocol}_${key}`, value)
        return key === 'mem' ? [own, gauge(`node_sockstat_${protocol}_mem_bytes`, value * pageBytes)] : [own]
      })
    }),
  )
}

/** /proc/sys/fs/file-nr. */
export function readFileNr(text: string): HostSample[] {
  const words = wordsOf(text)
  return known([gauge('node_filefd_allocated', numberAt(words, 0)), gauge('node_filefd_maximum', numberAt(words, 2))])
}

/** /proc/net/softnet_stat: one line of hexadecimal numbers for each processor. */
export function readSoftnet(text: string): HostSample[] {
  return known(
    linesOf(text).flatMap((line, index) => {
      const words = wordsOf(line).map((word) => Number.parseInt(word, 16))
      const cpu = { cpu: String(index) }
      return [
        counter('node_softnet_processed_total', words[0] ?? Number.NaN, cpu),
        counter('node_softnet_dropped_total', words[1] ?? Number.NaN, cpu),
        counter('node_softnet_times_squeezed_total', words[2] ?? Number.NaN, cpu),
      ]
    }),
  )
}

/** /proc/schedstat: how long processors ran and tasks waited for them. */
export function readSchedstat(text: string): HostSample[] {
  return known(
    linesOf(text)
      .map(wordsOf)
      .flatMap((words) => {
        const cpu = /^cpu(\d+)$/.exec(words[0] ?? '')?.[1]
        if (cpu === undefined) return []
        return [
          counter('node_schedstat_running_seconds_total', numberAt(words, 7) / 1e9, { cpu }),
          counter('node_schedstat_waiting_seconds_total', numberAt(words, 8) / 1e9, { cpu }),
          counter('node_schedstat_timeslices_total', numberAt(words, 9), { cpu }),
        ]
      }),
  )
}

/** A mounted file system that has blocks of its own. */
export interface Mount {
  readonly device: string
  readonly mountpoint: string
  readonly fstype: string
  readonly isReadOnly: boolean
}

const virtualTypes =
  /^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$/
const virtualPlaces =
  /^\/(dev|proc|run\/credentials\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)($|\/)/
/** Asking one whose server is away would hold a thread for as long as it stays away. */
const remoteTypes = /^(nfs\d?|cifs|smb\d?|smbfs|fuse\..*|9p|ceph|glusterfs|afs)$/

/** The characters that /proc/mounts writes as octal numbers. */
const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))

/** /proc/mounts: what node_exporter looks at, and the root of a container. */
export function readMounts(text: string, mountsMax: number): Mount[] {
  const mounts = new Map<string, Mount>()
  for (const words of linesOf(text).map(wordsOf)) {
    const [device = '', mountpoint = '', fstype = '', options = ''] = words.map(unescaped)
    const isOurs = mountpoint === '/' || (!virtualTypes.test(fstype) && !virtualPlaces.test(mountpoint))
    if (!isOurs || remoteTypes.test(fstype)) continue
    // The last one mounted at a place is the one that is seen.
    mounts.set(mountpoint, { device, mountpoint, fstype, isReadOnly: options.split(',').includes('ro') })
  }
  return [...mounts.values()].slice(0, mountsMax)
}

/** What statfs answers. */
export interface FileSystemSizes {
  readonly bsize: number
  readonly blocks: number
  readonly bfree: number
  readonly bavail: number
  readonly files: number
  readonly ffree: number
}

/** What a mount has room for; undefined sizes are those of a file system that did not answer. */
export function fileSystemSamples(
  { device, mountpoint, fstype, isReadOnly }: Mount,
  sizes: FileSystemSizes | undefined,
): HostSample[] {
  const labels = { device, mountpoint, fstype }
  const failed = gauge('node_filesystem_device_error', sizes === undefined ? 1 : 0, labels)
  if (sizes === undefined) return [failed]
  return known([
    failed,
    gauge('node_filesystem_size_bytes', sizes.blocks * sizes.bsize, labels),
    gauge('node_filesystem_free_bytes', sizes.bfree * sizes.bsize, labels),
    gauge('node_filesystem_avail_bytes', sizes.bavail * sizes.bsize, labels),
    gauge('node_filesystem_files', sizes.files, labels),
    gauge('node_filesystem_files_free', sizes.ffree, labels),
    gauge('node_filesystem_readonly', isReadOnly ? 1 : 0, labels),
  ])
}

/** Who this machine is, as `uname` tells. */
export interface MachineNames {
  readonly sysname: string
  readonly release: string
  readonly version: string
  readonly machine: string
  readonly nodename: string
}

export const unameSample = (names: MachineNames): HostSample =>
  gauge('node_uname_info', 1, { ...names, domainname: '(none)' })

export const timeSample = (now: Date): HostSample => gauge('node_time_seconds', now.getTime() / 1000)

/** What any system tells of itself where there is no /proc. */
export function portableSamples(machine: {
  readonly loads: readonly number[]
  readonly memoryBytes: number
  readonly freeBytes: number
  readonly bootTime: number
  readonly cpus: readonly {
    readonly user: number
    readonly nice: number
    readonly sys: number
    readonly idle: number
    readonly irq: number
  }[]
}): HostSample[] {
  return known([
    ...['node_load1', 'node_load5', 'node_load15'].map((name, index) =>
      gauge(name, machine.loads[index] ?? Number.NaN),
    ),
    gauge('node_memory_MemTotal_bytes', machine.memoryBytes),
    gauge('node_memory_MemFree_bytes', machine.freeBytes),
    gauge('node_memory_MemAvailable_bytes', machine.freeBytes),
    gauge('node_boot_time_seconds', machine.bootTime),
    ...machine.cpus.flatMap((times, index) =>
      Object.entries({ user: times.user, nice: times.nice, system: times.sys, idle: times.idle, irq: times.irq }).map(
        ([mode, ms]) => counter('node_cpu_seconds_total', ms / 1000, { cpu: String(index), mode }),
      ),
    ),
  ])
}
