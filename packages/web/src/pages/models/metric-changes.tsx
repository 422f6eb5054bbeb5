import type { ModelVersion } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface MetricChangesProps {
  /** Headers of the two columns. */
  readonly labels: readonly [before: string, after: string]
  readonly before: ModelVersion | undefined
  readonly after: ModelVersion
}

/** The metrics of two versions with their difference. */
export function MetricChanges({ labels, before, after }: MetricChangesProps) {
  const { t, f } = useI18n()
  const names = [...new Set([...Object.keys(before?.metrics ?? {}), ...Object.keys(after.metrics)])].sort()
  if (names.length === 0) return null
  const show = (version: ModelVersion | undefined, name: string) => {
    const value = version?.metrics[name]?.value
    return value === undefined ? '–' : f.metric(value)
  }
  const difference = (name: string) => {
    const [from, to] = [before?.metrics[name]?.value, after.metrics[name]?.value]
    if (typeof from !== 'number' || typeof to !== 'number') return '–'
    const sign = to > from ? '+' : to < from ? '\u2212' : '±'
    return `${sign}${f.metric(Math.abs(to - from))}`
  }
  return (
    <DataTable
      label={t.models.whatChanges}
      rows={names}
      rowKey={(name) => name}
      columns={[
        { id: 'metric', header: t.models.metric, render: (name) => name },
        {
          id: 'now',
          header: labels[0],
          isNumber: true,
          render: (name) => show(before, name),
        },
        {
          id: 'then',
          header: labels[1],
          isNumber: true,
          render: (name) => show(after, name),
        },
        { id: 'difference', header: t.models.difference, isNumber: true, render: difference },
      ]}
    />
  )
}
