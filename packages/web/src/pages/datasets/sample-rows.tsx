import type { Json, Snapshot } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { datasetQueries } from './dataset-queries.js'
import { showValue } from './show-value.js'

const sampleRows = 50

interface SampleRow {
  readonly cells: readonly Json[]
  readonly key: string
}

/** The first rows of a snapshot. */
export function SampleRows({ snapshot }: { readonly snapshot: Snapshot }) {
  const { t, f } = useI18n()
  const query = useQuery(datasetQueries.preview(snapshot.id, sampleRows))
  return (
    <Load query={query} lines={10}>
      {({ columns, rows, row_count }) => (
        <div className="stack-tight">
          <p className="muted">{t.datasets.sample(f.integer(rows.length), f.integer(row_count))}</p>
          <DataTable<SampleRow>
            label={t.snapshot.tabs.rows}
            rows={rows.map((cells, index) => ({ cells, key: String(index + 1) }))}
            rowKey={({ key }) => key}
            columns={columns.map(({ name, unit, type }, index) => ({
              id: name,
              header: unit === undefined ? name : `${name} (${unit})`,
              isNumber: type === 'number' || type === 'integer',
              render: ({ cells }) => {
                const value = cells[index]
                return value === null || value === undefined ? <span className="muted">–</span> : showValue(value, f)
              },
            }))}
          />
        </div>
      )}
    </Load>
  )
}
