import { type Dashboard, instanceChoice, linesPanel, numberPanel, type Step } from '../panel.js'

const here = 'instance=~"$instance"'
const rate = (metric: string, more = '') => `rate(${metric}{${here}${more}}[$__rate_interval])`
const realDisks = ',device!~"(loop|ram|zram|fd|sr).*"'
const realNetworks = ',device!="lo"'

const fullSteps: readonly Step[] = [
  { from: null, color: 'green' },
  { from: 0.8, color: 'yellow' },
  { from: 0.9, color: 'red' },
]

const fullDisks = `1 - max by (instance, mountpoint) (node_filesystem_avail_bytes{${here}}) / max by (instance, mountpoint) (node_filesystem_size_bytes{${here}} > 0)`

export const hostDashboard: Dashboard = {
  uid: 'fabrique-host',
  title: { en: 'Fabrique: host', fr: 'Fabrique : machine' },
  description: {
    en: 'The machine of the server, under the names of node_exporter: Node Exporter Full works as well',
    fr: 'La machine du serveur, sous les noms de node_exporter : Node Exporter Full fonctionne aussi',
  },
  choices: [{ ...instanceChoice, query: 'label_values(node_uname_info, instance)' }],
  rows: [
    {
      title: { en: 'Now', fr: 'Maintenant' },
      panels: [
        numberPanel({
          title: { en: 'Processors', fr: 'Processeurs' },
          unit: 'percentunit',
          width: 4,
          steps: fullSteps,
          expr: `1 - avg(${rate('node_cpu_seconds_total', ',mode="idle"')})`,
        }),
        numberPanel({
          title: { en: 'Memory', fr: 'Mémoire' },
          unit: 'percentunit',
          width: 4,
          steps: fullSteps,
          expr: `1 - sum(node_memory_MemAvailable_bytes{${here}}) / sum(node_memory_MemTotal_bytes{${here}})`,
        }),
        numberPanel({
          title: { en: 'Fullest disk', fr: 'Disque le plus plein' },
          unit: 'percentunit',
          width: 4,
          steps: fullSteps,
          expr: `max(${fullDisks})`,
        }),
        numberPanel({
          title: { en: 'Load over one minute', fr: 'Charge sur une minute' },
          unit: 'short',
          width: 4,
          expr: `max(node_load1{${here}})`,
        }),
        numberPanel({
          title: { en: 'Up for', fr: 'En marche depuis' },
          unit: 's',
          width: 4,
          expr: `max(node_time_seconds{${here}} - node_boot_time_seconds{${here}})`,
        }),
        {
          kind: 'table',
          title: { en: 'Machines', fr: 'Machines' },
          unit: 'none',
          width: 4,
          height: 4,
          queries: [{ expr: `node_uname_info{${here}}`, legend: '' }],
          columns: { nodename: { en: 'name', fr: 'nom' }, release: { en: 'kernel', fr: 'noyau' } },
        },
      ],
    },
    {
      title: { en: 'Processors and memory', fr: 'Processeurs et mémoire' },
      panels: [
        linesPanel({
          title: { en: 'Processors by mode', fr: 'Processeurs par mode' },
          unit: 'percentunit',
          width: 12,
          min: 0,
          isStacked: true,
          expr: `avg by (mode) (${rate('node_cpu_seconds_total', ',mode!="idle"')})`,
          legend: '{{mode}}',
        }),
        {
          kind: 'lines',
          title: { en: 'Load', fr: 'Charge' },
          unit: 'short',
          width: 12,
          min: 0,
          queries: ['1', '5', '15'].map((minutes) => ({
            expr: `node_load${minutes}{${here}}`,
            legend: `${minutes} min`,
          })),
        },
        {
          kind: 'lines',
          title: { en: 'Memory', fr: 'Mémoire' },
          unit: 'bytes',
          width: 12,
          min: 0,
          queries: [
            { expr: `node_memory_MemTotal_bytes{${here}}`, legend: { en: 'in all', fr: 'en tout' } },
            {
              expr: `node_memory_MemTotal_bytes{${here}} - node_memory_MemAvailable_bytes{${here}}`,
              legend: { en: 'in use', fr: 'utilisée' },
            },
            {
              expr: `node_memory_Cached_bytes{${here}} + node_memory_Buffers_bytes{${here}} + node_memory_SReclaimable_bytes{${here}}`,
              legend: { en: 'cache', fr: 'cache' },
            },
            {
              expr: `node_memory_SwapTotal_bytes{${here}} - node_memory_SwapFree_bytes{${here}}`,
              legend: { en: 'swap in use', fr: 'échange utilisé' },
            },
          ],
        },
        {
          kind: 'lines',
          title: { en: 'Pressure: time lost waiting', fr: 'Pression : temps perdu à attendre' },
          description: { en: 'Linux 4.20 and later', fr: 'Linux 4.20 et suivants' },
          unit: 'percentunit',
          width: 12,
          min: 0,
          queries: ['cpu', 'io', 'memory'].map((what) => ({
            expr: rate(`node_pressure_${what}_waiting_seconds_total`),
            legend: what,
          })),
        },
      ],
    },
    {
      title: { en: 'Disks and network', fr: 'Disques et réseau' },
      panels: [
        {
          kind: 'bars',
          title: { en: 'Disks, share in use', fr: 'Disques, part utilisée' },
          unit: 'percentunit',
          width: 8,
          min: 0,
          max: 1,
          steps: fullSteps,
          queries: [{ expr: fullDisks, legend: '{{mountpoint}}' }],
        },
        {
          kind: 'lines',
          title: { en: 'Disks, bytes', fr: 'Disques, octets' },
          unit: 'Bps',
          width: 8,
          min: 0,
          queries: [
            {
              expr: `sum(${rate('node_disk_read_bytes_total', realDisks)})`,
              legend: { en: 'read', fr: 'lus' },
            },
            {
              expr: `sum(${rate('node_disk_written_bytes_total', realDisks)})`,
              legend: { en: 'written', fr: 'écrits' },
            },
          ],
        },
        linesPanel({
          title: { en: 'Disks, time in use', fr: 'Disques, temps d’occupation' },
          unit: 'percentunit',
          width: 8,
          min: 0,
          expr: `sum by (device) (${rate('node_disk_io_time_seconds_total', realDisks)})`,
          legend: '{{device}}',
        }),
        {
          kind: 'lines',
          title: { en: 'Network, bytes', fr: 'Réseau, octets' },
          unit: 'Bps',
          width: 12,
          min: 0,
          queries: [
            {
              expr: `sum by (device) (${rate('node_network_receive_bytes_total', realNetworks)})`,
              legend: { en: '{{device}} received', fr: '{{device}} reçus' },
            },
            {
              expr: `sum by (device) (${rate('node_network_transmit_bytes_total', realNetworks)})`,
              legend: { en: '{{device}} sent', fr: '{{device}} envoyés' },
            },
          ],
        },
        {
          kind: 'lines',
          title: { en: 'Network, lost and wrong packets', fr: 'Réseau, paquets perdus et erronés' },
          unit: 'ops',
          width: 12,
          min: 0,
          queries: ['receive_drop', 'receive_errs', 'transmit_drop', 'transmit_errs'].map((what) => ({
            expr: `sum(${rate(`node_network_${what}_total`)})`,
            legend: what.replace('_', ' '),
          })),
        },
      ],
    },
  ],
}
