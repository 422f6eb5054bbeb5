import type { SchemaChange } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** How columns differ from those before. */
export function SchemaChanges({ changes }: { readonly changes: readonly SchemaChange[] }) {
  const { t } = useI18n()
  const types: Readonly<Record<string, string>> = t.datasets.columnTypes
  const words: Readonly<Record<string, string>> = { true: t.common.yes, false: t.common.no }
  const show = (value: string | undefined) => (value === undefined ? '–' : (types[value] ?? words[value] ?? value))
  return (
    <DataTable
      label={t.ingest.schemaChanges}
      rows={changes}
      rowKey={({ column, change }) => `${column} ${change}`}
      columns={[
        { id: 'column', header: t.datasets.column, render: ({ column }) => <code>{column}</code> },
        { id: 'change', header: t.diff.change, render: ({ change }) => t.diff.changes[change] },
        { id: 'from', header: t.diff.from, render: ({ from }) => show(from) },
        { id: 'to', header: t.diff.to, render: ({ to }) => show(to) },
      ]}
    />
  )
}
