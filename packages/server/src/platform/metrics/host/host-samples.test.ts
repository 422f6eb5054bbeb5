import { expect, test } from 'vitest'
import {
  fileSystemSamples,
  type HostSample,
  portableSamples,
  readDiskstats,
  readFileNr,
  readLoadavg,
  readMeminfo,
  readMounts,
  readNetDev,
  readNetstat,
  readPressure,
  readSchedstat,
  readSockstat,
  readSoftnet,
  readStat,
  readVmstat,
} from './host-samples.js'

/** As Prometheus writes them. */
const lines = (samples: readonly HostSample[]): string[] =>
  samples.map(({ name, labels, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`)
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join()}}`} ${value}`
  })

test('times of processors are in seconds by mode, those of guests apart, the sum of all left out', () => {
  const said = lines(
    readStat(
      'cpu  300 0 0 0 0 0 0 0 0 0\ncpu0 100 20 30 4000 5 6 7 8 9 10\nintr 77 1 2\nctxt 123\nbtime 1700000000\nprocesses 9\nprocs_running 2\nprocs_blocked 1\n',
    ),
  )
  expect(said).toContain('node_cpu_seconds_total{cpu="0",mode="user"} 1')
  expect(said).toContain('node_cpu_seconds_total{cpu="0",mode="steal"} 0.08')
  expect(said).toContain('node_cpu_guest_seconds_total{cpu="0",mode="nice"} 0.1')
  expect(said).toContain('node_boot_time_seconds 1700000000')
  expect(said).toContain('node_context_switches_total 123')
  expect(said).toContain('node_intr_total 77')
  expect(said.filter((line) => line.startsWith('node_cpu_seconds_total'))).toHaveLength(8)
})

test('a field that an older kernel does not tell is left out, not NaN', () => {
  const said = lines(readStat('cpu0 1 2 3 4\nbtime 5\n'))
  expect(said).toEqual([
    'node_cpu_seconds_total{cpu="0",mode="user"} 0.01',
    'node_cpu_seconds_total{cpu="0",mode="nice"} 0.02',
    'node_cpu_seconds_total{cpu="0",mode="system"} 0.03',
    'node_cpu_seconds_total{cpu="0",mode="idle"} 0.04',
    'node_boot_time_seconds 5',
  ])
})

test('memory is in bytes under the kernel’s names', () => {
  expect(
    lines(readMeminfo('MemTotal:       16 kB\nActive(anon):    2 kB\nHugePages_Total:       3\nnonsense\n')),
  ).toEqual(['node_memory_MemTotal_bytes 16384', 'node_memory_Active_anon_bytes 2048', 'node_memory_HugePages_Total 3'])
})

test('load', () => {
  expect(lines(readLoadavg('0.50 1.25 2.00 3/400 5\n'))).toEqual(['node_load1 0.5', 'node_load5 1.25', 'node_load15 2'])
})

test('networks: sixteen series each, no more networks than the bound', () => {
  const text =
    'Inter-|   Receive |  Transmit\n face |bytes packets|bytes\n    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n  eth0:21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36\n'
  const said = lines(readNetDev(text, 10))
  expect(said).toHaveLength(32)
  expect(said).toContain('node_network_receive_multicast_total{device="lo"} 8')
  expect(said).toContain('node_network_transmit_bytes_total{device="eth0"} 29')
  expect(lines(readNetDev(text, 1))).toHaveLength(16)
})

test('disks in bytes and seconds, without partitions and loops', () => {
  const text = [
    '   7       0 loop0 1 0 0 0 0 0 0 0 0 0 0',
    ' 253       0 vda 10 1 20 3000 4 5 60 7000 8 9000 10000 11 12 13 14000 15 16000',
    ' 253       1 vda1 1 1 1 1 1 1 1 1 1 1 1',
    ' 259       0 nvme0n1 1 0 2 0 0 0 0 0 0 0 0',
    ' 259       1 nvme0n1p1 1 0 0 0 0 0 0 0 0 0 0',
  ].join('\n')
  const said = lines(readDiskstats(text, 10))
  expect(said).toContain('node_disk_read_bytes_total{device="vda"} 10240')
  expect(said).toContain('node_disk_write_time_seconds_total{device="vda"} 7')
  expect(said).toContain('node_disk_io_now{device="vda"} 8')
  expect(said).toContain('node_disk_discard_time_seconds_total{device="vda"} 14')
  expect(said).toContain('node_disk_read_bytes_total{device="nvme0n1"} 1024')
  expect(said.some((line) => /loop0|vda1|p1/.test(line))).toBe(false)
  expect(said.some((line) => line.startsWith('node_disk_discards_completed_total{device="nvme0n1"}'))).toBe(false)
})

test('pressure in seconds: waiting for some, stalled for all', () => {
  const text =
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n'
  expect(lines(readPressure('cpu', text))).toEqual(['node_pressure_cpu_waiting_seconds_total 1.5'])
  expect(lines(readPressure('io', text))).toEqual([
    'node_pressure_io_waiting_seconds_total 1.5',
    'node_pressure_io_stalled_seconds_total 0.5',
  ])
  expect(lines(readPressure('irq', text))).toEqual(['node_pressure_irq_stalled_seconds_total 0.5'])
})

test('of long tables only what dashboards read', () => {
  expect(lines(readVmstat('nr_free_pages 5\npgpgin 7\npswpout 8\npgmajfault 9\noom_kill 1\n'))).toEqual([
    'node_vmstat_pgpgin 7',
    'node_vmstat_pswpout 8',
    'node_vmstat_pgmajfault 9',
    'node_vmstat_oom_kill 1',
  ])
  expect(
    lines(
      readNetstat('Tcp: RtoMin CurrEstab InErrs\nTcp: 200 5 6\nTcpExt: SyncookiesSent Pruned\nTcpExt: 1 2\nUdp:\n'),
    ),
  ).toEqual(['node_netstat_Tcp_CurrEstab 5', 'node_netstat_Tcp_InErrs 6', 'node_netstat_TcpExt_SyncookiesSent 1'])
})

test('sockets, files, packets and scheduling', () => {
  expect(lines(readSockstat('sockets: used 9\nTCP: inuse 5 mem 2\n'))).toEqual([
    'node_sockstat_sockets_used 9',
    'node_sockstat_TCP_inuse 5',
    'node_sockstat_TCP_mem 2',
    'node_sockstat_TCP_mem_bytes 8192',
  ])
  expect(lines(readFileNr('12\t0\t99\n'))).toEqual(['node_filefd_allocated 12', 'node_filefd_maximum 99'])
  expect(lines(readSoftnet('0000000a 00000001 00000002 00\n'))).toEqual([
    'node_softnet_processed_total{cpu="0"} 10',
    'node_softnet_dropped_total{cpu="0"} 1',
    'node_softnet_times_squeezed_total{cpu="0"} 2',
  ])
  expect(lines(readSchedstat('version 15\ncpu0 0 0 0 0 0 0 2000000000 500000000 7\n'))).toEqual([
    'node_schedstat_running_seconds_total{cpu="0"} 2',
    'node_schedstat_waiting_seconds_total{cpu="0"} 0.5',
    'node_schedstat_timeslices_total{cpu="0"} 7',
  ])
})

test('file systems: those with blocks, the root of a container too, none whose server may be away', () => {
  const text = [
    'overlay / overlay rw,relatime 0 0',
    'proc /proc proc rw 0 0',
    'tmpfs /run tmpfs rw 0 0',
    '/dev/sda1 /data\\040of\\040us ext4 ro,noatime 0 0',
    'server:/x /home nfs4 rw 0 0',
    '/dev/sdb /run ext4 rw 0 0',
  ].join('\n')
  expect(readMounts(text, 10)).toEqual([
    { device: 'overlay', mountpoint: '/', fstype: 'overlay', isReadOnly: false },
    { device: '/dev/sdb', mountpoint: '/run', fstype: 'ext4', isReadOnly: false },
    { device: '/dev/sda1', mountpoint: '/data of us', fstype: 'ext4', isReadOnly: true },
  ])
  expect(readMounts(text, 1)).toHaveLength(1)
  const [root] = readMounts(text, 1)
  if (root === undefined) throw new Error('No root')
  const sizes = { bsize: 4096, blocks: 10, bfree: 5, bavail: 4, files: 100, ffree: 50 }
  const said = fileSystemSamples(root, sizes).map(({ name, value }) => `${name} ${value}`)
  expect(said).toContain('node_filesystem_size_bytes 40960')
  expect(said).toContain('node_filesystem_avail_bytes 16384')
  expect(fileSystemSamples(root, undefined).map(({ name, value }) => `${name} ${value}`)).toEqual([
    'node_filesystem_device_error 1',
  ])
})

test('a system without /proc tells the most important', () => {
  const times = { user: 1000, nice: 0, sys: 2000, idle: 3000, irq: 0 }
  const said = lines(portableSamples({ loads: [1, 2, 3], memoryBytes: 8, freeBytes: 4, bootTime: 5, cpus: [times] }))
  expect(said).toContain('node_memory_MemTotal_bytes 8')
  expect(said).toContain('node_cpu_seconds_total{cpu="0",mode="system"} 2')
})
