import type { Dataset, Snapshot } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** The columns of a snapshot and where their types come from. */
export function SchemaTable({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const { t } = useI18n()
  return (
    <DataTable
      label={t.datasets.tabs.schema}
      rows={snapshot.columns}
      rowKey={({ name }) => name}
      columns={[
        { id: 'column', header: t.datasets.column, render: ({ name }) => <code>{name}</code> },
        { id: 'type', header: t.datasets.type, render: ({ type }) => t.datasets.columnTypes[type] },
        { id: 'unit', header: t.datasets.unit, render: ({ unit }) => unit ?? '–' },
        {
          id: 'nullable',
          header: t.datasets.nullable,
          render: ({ nullable }) => (nullable ? t.common.yes : t.common.no),
        },
        {
          id: 'declared',
          header: t.datasets.origin,
          render: ({ declared }) => (declared ? t.datasets.declared : t.datasets.inferred),
        },
        {
          id: 'values',
          header: t.datasets.values,
          isWide: true,
          render: ({ name }) => dataset.columns[name]?.values?.join(', ') ?? '–',
        },
      ]}
    />
  )
}
