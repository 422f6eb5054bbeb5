import type { ColumnDefinition, Dataset } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { Facts } from '../../components/facts.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** What the project declares of a data set. */
export function DatasetDefinition({ dataset }: { readonly dataset: Dataset }) {
  const { t, f } = useI18n()
  const { bad_rows: policy } = dataset
  const columns = Object.entries(dataset.columns).map(([name, column]) => ({ name, column }))
  const policyText =
    policy.mode === 'quarantine'
      ? t.ingest.policies.quarantine(f.percent(policy.max_share))
      : t.ingest.policies[policy.mode]
  return (
    <div className="stack">
      <Facts
        facts={[
          { name: t.datasets.sourceKind, value: <code>{dataset.source?.kind ?? '–'}</code> },
          { name: t.datasets.key, value: dataset.key.length === 0 ? '–' : <code>{dataset.key.join(', ')}</code> },
          { name: t.datasets.time, value: dataset.time === undefined ? '–' : <code>{dataset.time}</code> },
          { name: t.ingest.policy, value: policyText },
        ]}
      />
      <DataTable
        label={t.datasets.columnsTitle}
        rows={columns}
        rowKey={({ name }) => name}
        columns={[
          { id: 'column', header: t.datasets.column, render: ({ name }) => <code>{name}</code> },
          { id: 'type', header: t.datasets.type, render: ({ column }) => t.datasets.columnTypes[column.type] },
          { id: 'unit', header: t.datasets.unit, render: ({ column }) => column.unit ?? '–' },
          {
            id: 'nullable',
            header: t.datasets.nullable,
            render: ({ column }) => (column.nullable ? t.common.yes : t.common.no),
          },
          { id: 'range', header: t.datasets.range, render: ({ column }) => rangeOf(column) },
          {
            id: 'values',
            header: t.datasets.values,
            isWide: true,
            render: ({ column }) => column.values?.join(', ') ?? '–',
          },
        ]}
      />
    </div>
  )
}

function rangeOf({ min, max }: ColumnDefinition): string {
  if (min === undefined && max === undefined) return '–'
  return `${min ?? '…'} – ${max ?? '…'}`
}
